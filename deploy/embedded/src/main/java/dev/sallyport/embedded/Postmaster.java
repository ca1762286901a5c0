package dev.sallyport.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL's parent process on one cluster folder: its start, its end, and what a killed run left
 * behind.
 */
final class Postmaster {

    private static final Logger LOG = LoggerFactory.getLogger(Postmaster.class);

    // A crash recovery of a busy cluster on a slow disk.
    private static final Duration READY_MAX = Duration.ofSeconds(60);
    private static final Duration FAST_STOP_MAX = Duration.ofSeconds(20);
    private static final Duration IMMEDIATE_STOP_MAX = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(10);
    private static final int STATUS_LINE = 7;
    private static final int PARTS_OF_LOG_SHOWN = 15;

    private final Process process;

    private Postmaster(Process process) {
        this.process = process;
    }

    /** Starts the server and returns when it takes connections. */
    static Postmaster start(List<String> command, Path cluster, File log) {
        CompletableFuture<Process> started = new CompletableFuture<>();
        // The kernel's parent-death signal fires when the starting thread ends, not the process:
        // this
        // thread stays until the server is gone.
        Thread.ofPlatform()
                .daemon()
                .name("postgres-keeper")
                .start(() -> run(command, log, started));
        Process process;
        try {
            process = started.get();
        } catch (ExecutionException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.PLATFORM,
                    "cannot run %s: %s".formatted(command.getFirst(), e.getCause()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(e);
        }
        Postmaster postmaster = new Postmaster(process);
        postmaster.awaitReady(cluster, log);
        return postmaster;
    }

    private static void run(List<String> command, File log, CompletableFuture<Process> started) {
        try {
            Process process =
                    Forking.start(
                            new ProcessBuilder(command)
                                    .directory(new File("/"))
                                    .redirectInput(new File("/dev/null"))
                                    .redirectErrorStream(true)
                                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log)));
            started.complete(process);
            int status = process.waitFor();
            LOG.atInfo()
                    .addKeyValue("pid", process.pid())
                    .addKeyValue("status", status)
                    .log("postgres ended");
        } catch (IOException | RuntimeException e) {
            started.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Stops the server: open transactions are rolled back, clients are disconnected. */
    void stop() {
        if (!process.isAlive()) {
            return;
        }
        signal("INT", process.pid());
        if (ended(process, FAST_STOP_MAX)) {
            return;
        }
        LOG.atWarn()
                .addKeyValue("pid", process.pid())
                .log("postgres did not stop fast, stopping it at once");
        signal("QUIT", process.pid());
        if (!ended(process, IMMEDIATE_STOP_MAX)) {
            process.destroyForcibly();
        }
    }

    private void awaitReady(Path cluster, File log) {
        long deadline = System.nanoTime() + READY_MAX.toNanos();
        while (!isReady(cluster)) {
            if (ended(process, POLL)) {
                throw new EmbeddedException(
                        EmbeddedException.Code.NOT_READY,
                        "postgres ended with status %d while starting; its log %s ends with:%n%s"
                                .formatted(process.exitValue(), log, lastLines(log)));
            }
            if (System.nanoTime() > deadline) {
                stop();
                throw new EmbeddedException(
                        EmbeddedException.Code.NOT_READY,
                        "postgres was not ready after %d s; its log %s ends with:%n%s"
                                .formatted(READY_MAX.toSeconds(), log, lastLines(log)));
            }
        }
    }

    private boolean isReady(Path cluster) {
        List<String> lines = pidFile(cluster);
        return lines.size() > STATUS_LINE
                && lines.getFirst().strip().equals(String.valueOf(process.pid()))
                && lines.get(STATUS_LINE).strip().equals("ready");
    }

    /**
     * Ends every process of an earlier server that still runs on this cluster folder, and removes
     * its pid file, so that a pid that another program has meanwhile been given cannot forbid the
     * start.
     */
    static void clearLeftovers(Path cluster) {
        List<ProcessHandle> left = processesIn(cluster);
        if (!left.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("processes", left.size())
                    .log("a killed run left postgres running, stopping it");
            List<String> pidFile = pidFile(cluster);
            String parent = pidFile.isEmpty() ? "" : pidFile.getFirst().strip();
            left.stream()
                    .filter(p -> String.valueOf(p.pid()).equals(parent))
                    .forEach(p -> signal("INT", p.pid()));
            if (!allEnded(cluster, FAST_STOP_MAX)) {
                processesIn(cluster).forEach(p -> signal("QUIT", p.pid()));
            }
            if (!allEnded(cluster, IMMEDIATE_STOP_MAX)) {
                processesIn(cluster).forEach(ProcessHandle::destroyForcibly);
            }
            if (!allEnded(cluster, IMMEDIATE_STOP_MAX)) {
                throw new EmbeddedException(
                        EmbeddedException.Code.FOLDER_IN_USE,
                        "an earlier postgres with pid %s still runs on %s and cannot be stopped: end it by hand"
                                .formatted(
                                        processesIn(cluster).stream()
                                                .map(ProcessHandle::pid)
                                                .toList(),
                                        cluster));
            }
        }
        try {
            Files.deleteIfExists(cluster.resolve("postmaster.pid"));
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot remove the stale pid file in " + cluster + ": " + e,
                    e);
        }
    }

    // Every PostgreSQL process has the cluster folder as its working directory.
    static List<ProcessHandle> processesIn(Path cluster) {
        return ProcessHandle.allProcesses().filter(process -> worksIn(process, cluster)).toList();
    }

    private static boolean worksIn(ProcessHandle process, Path cluster) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", String.valueOf(process.pid()), "cwd"))
                    .equals(cluster);
        } catch (IOException goneOrAnotherUsers) {
            return false;
        }
    }

    // Not ProcessHandle.onExit: in a container whose first process reaps nobody, the dead stay in
    // the
    // process table, though without a working directory.
    private static boolean allEnded(Path cluster, Duration max) {
        long deadline = System.nanoTime() + max.toNanos();
        while (!processesIn(cluster).isEmpty()) {
            if (System.nanoTime() > deadline || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        return true;
    }

    private static boolean ended(Process process, Duration max) {
        try {
            return process.waitFor(max.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(e);
        }
    }

    // The JDK sends only SIGTERM, upon which PostgreSQL waits for its clients, and SIGKILL.
    private static void signal(String name, long pid) {
        try {
            Forking.start(
                            new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + pid)
                                    .redirectErrorStream(true)
                                    .redirectOutput(ProcessBuilder.Redirect.DISCARD))
                    .waitFor();
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.PLATFORM, "cannot run /bin/sh: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(e);
        }
    }

    private static List<String> pidFile(Path cluster) {
        try {
            return Files.readAllLines(cluster.resolve("postmaster.pid"), UTF_8);
        } catch (NoSuchFileException notYet) {
            return List.of();
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot read postmaster.pid in " + cluster + ": " + e,
                    e);
        }
    }

    static String lastLines(File log) {
        try {
            List<String> lines = Files.readAllLines(log.toPath(), UTF_8);
            return String.join(
                    "\n",
                    lines.subList(Math.max(0, lines.size() - PARTS_OF_LOG_SHOWN), lines.size()));
        } catch (IOException e) {
            return "(unreadable: " + e + ")";
        }
    }

    private static EmbeddedException interrupted(InterruptedException e) {
        return new EmbeddedException(
                EmbeddedException.Code.NOT_READY,
                "interrupted while starting or stopping PostgreSQL",
                e);
    }
}
