package dev.sallyport.audit.verify;

import dev.sallyport.audit.note.Checkpoint;
import dev.sallyport.audit.note.SignedNote;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TilePath;
import dev.sallyport.audit.tree.TiledTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The check that a log continues the one that a checkpoint described which somebody kept. */
final class KeptCheck {
    private KeptCheck() {}

    /** What contradicts the kept checkpoint, if anything does. */
    static Optional<Finding> run(
            Artefacts artefacts, Checkpoint present, Path file, SignedTree.Named named)
            throws Unfetchable {
        Checkpoint kept;
        try {
            kept = SignedTree.open(read(file), named).checkpoint();
        } catch (IllegalArgumentException refused) {
            throw new Unfetchable(
                    "the kept checkpoint " + file + " is of no use: " + refused.getMessage());
        }
        if (!kept.origin().equals(present.origin())) {
            throw new Unfetchable(
                    "the kept checkpoint is the one of '"
                            + kept.origin()
                            + "', and the log is '"
                            + present.origin()
                            + "'");
        }
        if (kept.tree().size() > present.tree().size()) {
            return broken(
                    "the log has "
                            + present.tree().size()
                            + " entries, and it had "
                            + kept.tree().size()
                            + " when the kept checkpoint was signed");
        }
        try {
            var proof =
                    new TiledTree(present.tree().size(), tile -> hashes(artefacts, tile))
                            .consistency(kept.tree().size());
            return proof.proves(kept.tree().root(), present.tree().root())
                    ? Optional.empty()
                    : broken(
                            "the first "
                                    + kept.tree().size()
                                    + " entries are not the ones that the kept checkpoint signs");
        } catch (UncheckedIOException unreadable) {
            throw new Unfetchable(String.valueOf(unreadable.getMessage()));
        }
    }

    private static Optional<Finding> broken(String why) {
        return Optional.of(new Finding.CheckpointAltered(why));
    }

    private static byte[] read(Path file) throws Unfetchable {
        try (var in = Files.newInputStream(file)) {
            return in.readNBytes(SignedNote.BYTES_MAX);
        } catch (IOException unreadable) {
            throw new Unfetchable("the kept checkpoint " + file + " cannot be read: " + unreadable);
        }
    }

    private static List<Hash> hashes(Artefacts artefacts, TilePath.Hashes tile) {
        try {
            return switch (new Reading(artefacts).tile(tile)) {
                case Reading.Tile.Published(var hashes) -> hashes;
                case Reading.Tile.Unusable(var why) ->
                        throw new IOException(tile.path() + " " + why);
            };
        } catch (Unfetchable failed) {
            throw new UncheckedIOException(new IOException(failed.why()));
        } catch (IOException changed) {
            // it was there a moment ago
            throw new UncheckedIOException(changed);
        }
    }
}
