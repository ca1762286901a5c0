package dev.sallyport.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Other programs: run to their end, or started as servers. */
final class Programs {
    private static final Duration TURN = Duration.ofMillis(100);

    private Programs() {}

    /** The {@code sallyport} command with this process's Java and class path. */
    static List<String> sallyport(List<String> arguments) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx512m",
                                "-XX:+UseSerialGC",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "dev.sallyport.cli.Main"));
        command.addAll(arguments);
        return command;
    }

    /** The program's output; it must end with 0 in time. */
    static String output(Duration within, List<String> command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            byte[] out = process.getInputStream().readAllBytes();
            if (!process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new BenchException(
                        "bench_failed", command.getFirst() + " did not end within " + within);
            }
            String text = new String(out, StandardCharsets.UTF_8);
            if (process.exitValue() != 0) {
                throw new BenchException(
                        "bench_failed",
                        command.getFirst()
                                + " ended with "
                                + process.exitValue()
                                + ": "
                                + text.strip());
            }
            return text;
        } catch (IOException e) {
            throw new BenchException(
                    "tool_missing",
                    command.getFirst()
                            + " cannot be run: install it (Debian package wrk, nodejs or npm)",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("bench_failed", "interrupted", e);
        }
    }

    /** Starts a server whose output goes to a file. */
    static Process start(List<String> command, Map<String, String> environment, Path log) {
        var builder =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new BenchException("tool_missing", command.getFirst() + " cannot be started", e);
        }
    }

    /** Waits until the server takes connections. */
    static void awaitPort(Process server, int port, Duration within, Path log) {
        await(
                () -> {
                    if (!server.isAlive()) {
                        throw new BenchException(
                                "bench_failed",
                                "a server ended instead of getting ready: see " + log);
                    }
                    try (var socket = new Socket()) {
                        socket.connect(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
                        return true;
                    } catch (IOException e) {
                        return false;
                    }
                },
                within,
                "a server to listen on port " + port + " (see " + log + ")");
    }

    static void await(BooleanSupplier condition, Duration within, String what) {
        long end = System.nanoTime() + within.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new BenchException(
                        "bench_failed", "waited " + within.toSeconds() + " s in vain for " + what);
            }
            pause(TURN);
        }
    }

    static void pause(Duration length) {
        try {
            TimeUnit.NANOSECONDS.sleep(length.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("bench_failed", "interrupted", e);
        }
    }

    static int freePort() {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("no free port", e);
        }
    }

    /** Stops a server and what it started. */
    static void stop(Process server) {
        server.descendants().forEach(ProcessHandle::destroy);
        server.destroy();
        try {
            if (!server.waitFor(10, TimeUnit.SECONDS)) {
                server.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            server.destroyForcibly();
        }
    }
}
