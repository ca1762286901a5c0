package dev.sallyport.audit.verify;

import dev.sallyport.audit.note.Checkpoint;
import dev.sallyport.audit.note.SignedNote;
import dev.sallyport.audit.note.VerifierKey;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A checkpoint whose signature was checked.
 *
 * @param checkpoint what it says
 * @param note the signed note, verbatim
 */
record SignedTree(Checkpoint checkpoint, String note) {
    /**
     * The log whose checkpoint is expected.
     *
     * @param key the key, the log's own or the one of the service
     * @param log the last part of the log's origin, where it is known
     */
    record Named(VerifierKey key, Optional<String> log) {
        /** Any log that the key speaks for. */
        static Named any(VerifierKey key) {
            return new Named(key, Optional.empty());
        }

        /** The log of this name. */
        static Named of(VerifierKey key, String log) {
            return new Named(key, Optional.of(log));
        }

        /** The service's key speaks for each of its logs, under the log's origin as its name. */
        private boolean accepts(String origin) {
            return origin.equals(key.name())
                    || log.map(name -> origin.equals(key.name() + "/" + name))
                            .orElseGet(() -> origin.startsWith(key.name() + "/"));
        }
    }

    /**
     * The checkpoint in a note.
     *
     * @throws IllegalArgumentException with the reason, when the note is malformed, not signed by
     *     the key or another log's
     */
    static SignedTree open(byte[] bytes, Named named) {
        var note = SignedNote.parse(bytes);
        var checkpoint = Checkpoint.parse(note.text());
        String origin = checkpoint.origin();
        if (!named.accepts(origin)) {
            throw new IllegalArgumentException(
                    "it is the checkpoint of '"
                            + origin
                            + "', which is not the log "
                            + named.log().map(name -> "'" + name + "' ").orElse("")
                            + "of the key '"
                            + named.key().name()
                            + "'");
        }
        if (!note.signedBy(named.key().named(origin))) {
            throw new IllegalArgumentException(
                    "it is not signed by the key "
                            + named.key().named(origin)
                            + ": it was altered, or that is not the log's key");
        }
        return new SignedTree(checkpoint, new String(bytes, StandardCharsets.UTF_8));
    }
}
