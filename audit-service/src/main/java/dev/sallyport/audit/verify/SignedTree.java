package dev.sallyport.audit.verify;

import dev.sallyport.audit.note.Checkpoint;
import dev.sallyport.audit.note.SignedNote;
import dev.sallyport.audit.note.VerifierKey;
import java.nio.charset.StandardCharsets;

/**
 * A checkpoint whose signature was checked.
 *
 * @param checkpoint what it says
 * @param note the signed note, verbatim
 */
record SignedTree(Checkpoint checkpoint, String note) {
    /**
     * The checkpoint in a note.
     *
     * @throws IllegalArgumentException with the reason, when the note is malformed, not signed by
     *     the key or another log's
     */
    static SignedTree open(byte[] bytes, VerifierKey key) {
        var note = SignedNote.parse(bytes);
        var checkpoint = Checkpoint.parse(note.text());
        String origin = checkpoint.origin();
        // the key of the service speaks for each of its logs, under the log's origin as its name
        if (!origin.equals(key.name()) && !origin.startsWith(key.name() + "/")) {
            throw new IllegalArgumentException(
                    "it is the checkpoint of '"
                            + origin
                            + "', and the key is the one of '"
                            + key.name()
                            + "'");
        }
        if (!note.signedBy(key.named(origin))) {
            throw new IllegalArgumentException("it is not signed by the key of '" + origin + "'");
        }
        return new SignedTree(checkpoint, new String(bytes, StandardCharsets.UTF_8));
    }
}
