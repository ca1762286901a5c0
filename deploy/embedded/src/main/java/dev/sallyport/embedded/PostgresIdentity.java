package dev.sallyport.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** As whom PostgreSQL's programs run: they refuse to run as root. */
enum PostgresIdentity {
    /** As the user of this process. */
    SELF {
        @Override
        List<String> prefix() {
            return List.of();
        }
    },
    /**
     * With this process's rights to files, but in a user namespace of its own, where it is nobody.
     */
    USER_NAMESPACE {
        @Override
        List<String> prefix() {
            return List.of("unshare", "--user");
        }
    },
    /**
     * As the user nobody, where root may not make user namespaces (some containers); with root's
     * right to pass folders that nobody may not, because a data folder usually lies in root's home.
     */
    NOBODY {
        @Override
        List<String> prefix() {
            return List.of(
                    "setpriv",
                    "--reuid=" + NOBODY_ID,
                    "--regid=" + NOBODY_ID,
                    "--clear-groups",
                    "--inh-caps=+dac_override",
                    "--ambient-caps=+dac_override");
        }
    };

    private static final int NOBODY_ID = 65_534;
    private static final long PROBE_SECONDS_MAX = 10;

    /** What stands before a program's name on the command line. */
    abstract List<String> prefix();

    /**
     * The folder for unpacked programs: in the user's home, but where nobody may look for nobody.
     */
    Path programsFolder() {
        return this == NOBODY
                ? Path.of("/var/cache/sallyport")
                : Path.of(System.getProperty("user.home"), ".cache", "sallyport");
    }

    /** The identity that works for this process. */
    static PostgresIdentity ofThisProcess() {
        boolean root;
        try {
            root = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.PLATFORM,
                    "cannot tell the user of this process from /proc/self: " + e,
                    e);
        }
        // PostgreSQL wants its user to have a name, which a container's user may lack; in a
        // namespace of its own it is nobody, who has one.
        if (!root && works(List.of("id", "-un"))) {
            return SELF;
        }
        if (works(USER_NAMESPACE.command(List.of("true")))) {
            return USER_NAMESPACE;
        }
        return root ? NOBODY : SELF;
    }

    List<String> command(List<String> programAndArguments) {
        List<String> command = new ArrayList<>(prefix());
        command.addAll(programAndArguments);
        return command;
    }

    /**
     * The command for a server that must not outlive the thread that starts it: the kernel
     * interrupts it (PostgreSQL's fast shutdown) when that thread, and so this JVM, is gone.
     */
    List<String> commandBoundToThread(List<String> programAndArguments) {
        List<String> bound = new ArrayList<>();
        if (works(List.of("setpriv", "--pdeathsig", "INT", "true"))) {
            bound.addAll(List.of("setpriv", "--pdeathsig", "INT"));
        }
        bound.addAll(programAndArguments);
        return command(bound);
    }

    /** Gives these files to the user that the programs run as. */
    void give(Path tree) {
        if (this != NOBODY) {
            return;
        }
        try (Stream<Path> paths = Files.walk(tree)) {
            for (Path path : paths.toList()) {
                if (!Files.isSymbolicLink(path)) {
                    Files.setAttribute(path, "unix:uid", NOBODY_ID);
                    Files.setAttribute(path, "unix:gid", NOBODY_ID);
                }
            }
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot give %s to the user nobody: %s".formatted(tree, e),
                    e);
        }
    }

    private static boolean works(List<String> command) {
        try {
            Process process =
                    Forking.start(
                            new ProcessBuilder(command)
                                    .redirectErrorStream(true)
                                    .redirectOutput(ProcessBuilder.Redirect.DISCARD));
            return process.waitFor(PROBE_SECONDS_MAX, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException missing) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedException(
                    EmbeddedException.Code.NOT_READY, "interrupted while starting PostgreSQL", e);
        }
    }
}
