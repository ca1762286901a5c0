package dev.sallyport.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** One data folder belongs to one server of one process, until it is closed or the process ends. */
final class FolderLock implements AutoCloseable {

    private static final String FILE = "lock";

    // POSIX drops a process's lock on a file as soon as the process closes any descriptor of that
    // file, so a second attempt inside this JVM must be refused before the file is opened.
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private FolderLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /**
     * Creates the folder where it is missing and takes it; fails with the holder's pid when it is
     * in use.
     */
    static FolderLock take(Path wanted) {
        Path folder;
        try {
            folder = Files.createDirectories(wanted).toRealPath();
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot create or open the data folder %s: choose a folder that this user may write (%s)"
                            .formatted(wanted, e),
                    e);
        }
        if (!HELD.add(folder)) {
            throw inUse(folder, String.valueOf(ProcessHandle.current().pid()));
        }
        try {
            FileChannel channel =
                    FileChannel.open(
                            folder.resolve(FILE),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                String holder = Files.readString(folder.resolve(FILE), US_ASCII).strip();
                channel.close();
                throw inUse(folder, holder.isEmpty() ? "unknown" : holder);
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(US_ASCII)), 0);
            return new FolderLock(folder, channel);
        } catch (IOException e) {
            HELD.remove(folder);
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot lock the data folder " + folder + ": " + e,
                    e);
        } catch (EmbeddedException e) {
            HELD.remove(folder);
            throw e;
        }
    }

    private static EmbeddedException inUse(Path folder, String pid) {
        return new EmbeddedException(
                EmbeddedException.Code.FOLDER_IN_USE,
                "the data folder %s is in use by the process with pid %s: stop that process or choose another folder"
                        .formatted(folder, pid));
    }

    /** The locked folder, without symbolic links. */
    Path folder() {
        return folder;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            HELD.remove(folder);
        }
    }
}
