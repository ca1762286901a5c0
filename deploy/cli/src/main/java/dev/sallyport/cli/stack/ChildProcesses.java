package dev.sallyport.cli.stack;

import dev.sallyport.service.ServiceKind;
import dev.sallyport.service.ServiceProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Services as processes of their own. Each is started again when it ends by itself, and ends by
 * itself when this process is gone: its standard input ends then.
 */
final class ChildProcesses implements ServiceStarter {
    private static final Duration READY_WITHIN = Duration.ofMinutes(2);
    private static final Duration STOPPED_WITHIN = Duration.ofSeconds(15);

    /** A JVM that makes its cache assembles it when it ends. */
    private static final Duration TRAINED_WITHIN = Duration.ofMinutes(3);

    private final Path logs;
    private final ServiceCaches caches;

    ChildProcesses(Path logs, ServiceCaches caches) {
        this.logs = logs;
        this.caches = caches;
    }

    @Override
    public RunningService start(ServiceKind kind, Path config) {
        List<String> command =
                ServiceJvm.command(
                        kind, caches, List.of("--config", config.toString(), "--with-parent"));
        Path errors = logs.resolve(kind.command() + ".log");
        return Supervised.start(
                kind.command(),
                caches.training() ? TRAINED_WITHIN : STOPPED_WITHIN,
                () -> started(kind, command, errors));
    }

    private static Process started(ServiceKind kind, List<String> command, Path errors) {
        Process process;
        try {
            process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
                            .start();
        } catch (IOException e) {
            throw new UncheckedIOException("the " + kind.command() + " cannot be started", e);
        }
        try {
            awaitReady(kind, process, errors);
            return process;
        } catch (StackException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static void awaitReady(ServiceKind kind, Process process, Path errors) {
        CompletableFuture<Boolean> ready = new CompletableFuture<>();
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        Thread.ofPlatform()
                .daemon()
                .name(kind.command() + "-output")
                .start(() -> {
                    try {
                        String line = output.readLine();
                        while (line != null) {
                            if (line.equals(ServiceProcess.READY)) {
                                ready.complete(true);
                            }
                            line = output.readLine();
                        }
                        ready.complete(false);
                    } catch (IOException e) {
                        ready.completeExceptionally(e);
                    }
                });
        try {
            if (ready.get(READY_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                return;
            }
            throw new StackException(
                    "service_not_ready",
                    "the " + kind.command() + " ended instead of getting ready: see " + errors);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StackException("service_not_ready", "interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new StackException(
                    "service_not_ready",
                    "the "
                            + kind.command()
                            + " was not ready within "
                            + READY_WITHIN.toSeconds()
                            + " s: see "
                            + errors,
                    e);
        }
    }
}
