package dev.sallyport.audit.verify;

import dev.sallyport.audit.note.Checkpoint;
import dev.sallyport.audit.note.SignedNote;
import dev.sallyport.audit.tree.EntryBundle;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TilePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Copies what a log has published into a folder, from which it can be verified, kept, or served as
 * static files.
 */
public final class LogCopy {
    private LogCopy() {}

    /**
     * Copies the log as its present checkpoint describes it; verifies nothing.
     *
     * @return the number of entries in the copy
     * @throws IOException when an artefact cannot be read or a file not be written
     */
    public static long copy(Artefacts from, Path folder) throws IOException {
        byte[] note = read(from, AuditVerifier.CHECKPOINT, SignedNote.BYTES_MAX);
        long size = Checkpoint.parse(SignedNote.parse(note).text()).tree().size();
        var paths = Stream.concat(TilePath.hashesOf(size), TilePath.entriesOf(size));
        for (var path : (Iterable<TilePath>) paths.map(TilePath.class::cast)::iterator) {
            write(folder.resolve(path.path()), read(from, path.path(), bytesMax(path)));
        }
        // the checkpoint comes last: a copy that was broken off has none, or an older one
        write(folder.resolve(AuditVerifier.CHECKPOINT), note);
        return size;
    }

    private static int bytesMax(TilePath path) {
        return switch (path) {
            case TilePath.Hashes hashes -> hashes.width() * Hash.BYTES;
            case TilePath.Entries entries -> entries.width() * (2 + EntryBundle.ENTRY_BYTES_MAX);
        };
    }

    private static byte[] read(Artefacts from, String path, int bytesMax) throws IOException {
        return switch (from.fetch(path, bytesMax)) {
            case Artefacts.Fetched.Found found -> found.bytes();
            case Artefacts.Fetched.Absent() -> throw new IOException(path + " is missing");
            case Artefacts.Fetched.TooLong(var max) ->
                    throw new IOException(path + " has more than " + max + " bytes");
            case Artefacts.Fetched.Failed(var why) -> throw new IOException(why);
        };
    }

    private static void write(Path file, byte[] bytes) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, bytes);
    }
}
