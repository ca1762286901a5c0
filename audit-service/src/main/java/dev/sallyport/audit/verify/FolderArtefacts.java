package dev.sallyport.audit.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A static copy of a log in a folder, every artefact in the file of its path.
 *
 * @param folder the folder with the file {@code checkpoint}
 */
public record FolderArtefacts(Path folder) implements Artefacts {
    @Override
    public Fetched fetch(String path, int bytesMax) {
        try (var in = Files.newInputStream(folder.resolve(path))) {
            byte[] bytes = in.readNBytes(bytesMax + 1);
            return bytes.length > bytesMax
                    ? new Fetched.TooLong(bytesMax)
                    : new Fetched.Found(bytes);
        } catch (NoSuchFileException absent) {
            return new Fetched.Absent();
        } catch (IOException failed) {
            return new Fetched.Failed(
                    "the file " + folder.resolve(path) + " cannot be read: " + failed.getMessage());
        }
    }
}
