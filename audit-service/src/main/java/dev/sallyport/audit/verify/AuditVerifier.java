package dev.sallyport.audit.verify;

import dev.sallyport.audit.note.SignedNote;
import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.tree.TreeHead;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Verifies a log, or the proof of one call, for someone who trusts nobody: from the published
 * artefacts and the log's public key alone.
 *
 * <p>The key may be the one of the log ({@code audit.example.com/log/acme}) or the one of the
 * service ({@code audit.example.com/log}), which speaks for each of its logs. It has to come from
 * somewhere else than the log itself: a key that was fetched together with the log proves nothing.
 *
 * @param key the public key
 */
public record AuditVerifier(VerifierKey key) {
    /** The path of a log's checkpoint, relative to its prefix. */
    static final String CHECKPOINT = "checkpoint";

    /**
     * The longest proof file that is read, in bytes: a few entries of the greatest length in
     * base64.
     */
    private static final int PROOF_BYTES_MAX = 4 * 1024 * 1024;

    /**
     * Verifies the log under an HTTP prefix, such as {@code http://localhost:8082/log/acme}. Its
     * checkpoint must be the one of the log that the prefix names: another tenant's log, however
     * sound, is not accepted in its place.
     *
     * @param token opens entries that are not public
     */
    public Verdict log(URI prefix, Optional<String> token) {
        return log(prefix, token, Optional.empty());
    }

    /**
     * As {@link #log(URI, Optional)}, and the log must continue the one that a kept checkpoint
     * describes: nothing that was in it then may have been altered or left out since, even by
     * whoever holds the signing key.
     *
     * @param kept the file of a checkpoint that was published earlier
     */
    public Verdict log(URI prefix, Optional<String> token, Optional<Path> kept) {
        String path = prefix.getPath().replaceAll("/+$", "");
        String name = path.substring(path.lastIndexOf('/') + 1);
        try (var artefacts = new HttpArtefacts(prefix, token)) {
            return log(artefacts, SignedTree.Named.of(key, name), kept);
        }
    }

    /** Verifies the static copy of a log in a folder. */
    public Verdict log(Path folder) {
        return log(folder, Optional.empty());
    }

    /**
     * Verifies the static copy of a log in a folder, which must continue the one that a kept
     * checkpoint describes.
     */
    public Verdict log(Path folder, Optional<Path> kept) {
        return log(new FolderArtefacts(folder), SignedTree.Named.any(key), kept);
    }

    /** Verifies a log: signature, every entry, every tile, and the root. */
    public Verdict log(Artefacts artefacts) {
        return log(artefacts, SignedTree.Named.any(key), Optional.empty());
    }

    private Verdict log(Artefacts artefacts, SignedTree.Named named, Optional<Path> kept) {
        return switch (artefacts.fetch(CHECKPOINT, SignedNote.BYTES_MAX)) {
            case Artefacts.Fetched.Found note -> log(artefacts, named, note.bytes(), kept);
            case Artefacts.Fetched.Absent() ->
                    new Verdict.Unreadable("there is no checkpoint: is this the address of a log?");
            case Artefacts.Fetched.TooLong(var max) ->
                    altered("it has more than " + max + " bytes");
            case Artefacts.Fetched.Failed(var why) -> new Verdict.Unreadable(why);
        };
    }

    private static Verdict log(
            Artefacts artefacts, SignedTree.Named named, byte[] note, Optional<Path> kept) {
        SignedTree tree;
        try {
            tree = SignedTree.open(note, named);
        } catch (IllegalArgumentException refused) {
            return altered(String.valueOf(refused.getMessage()));
        }
        var checkpoint = tree.checkpoint();
        if (checkpoint.tree().size() == 0 && !checkpoint.tree().equals(TreeHead.EMPTY)) {
            return altered("it signs a root for an empty log that is not the empty tree's");
        }
        try {
            var check = new LogCheck(artefacts, checkpoint.tree());
            var findings = check.run();
            if (!findings.isEmpty()) {
                return new Verdict.Tampered(findings);
            }
            var broken =
                    kept.isPresent()
                            ? KeptCheck.run(artefacts, checkpoint, kept.get(), named)
                            : Optional.<Finding>empty();
            return broken.isPresent()
                    ? new Verdict.Tampered(List.of(broken.get()))
                    : new Verdict.Verified(
                            checkpoint.origin(), checkpoint.tree(), tree.note(), check.gaps());
        } catch (Unfetchable failed) {
            return new Verdict.Unreadable(failed.why());
        }
    }

    /**
     * Verifies the proof in a file, as {@code /api/v1/calls/<callId>} and {@code
     * /api/v1/entries/<index>} give it.
     */
    public Verdict proof(Path file) {
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(PROOF_BYTES_MAX + 1);
            return bytes.length > PROOF_BYTES_MAX
                    ? new Verdict.Unreadable(
                            "the file " + file + " has more than " + PROOF_BYTES_MAX + " bytes")
                    : proof(bytes);
        } catch (IOException unreadable) {
            return new Verdict.Unreadable("the file " + file + " cannot be read: " + unreadable);
        }
    }

    /** Verifies the proof of one call, or of one entry. */
    public Verdict proof(byte[] json) {
        return ProofCheck.verify(json, key);
    }

    private static Verdict altered(String why) {
        return new Verdict.Tampered(List.of(new Finding.CheckpointAltered(why)));
    }
}
