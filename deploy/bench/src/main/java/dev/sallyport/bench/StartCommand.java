package dev.sallyport.bench;

import dev.sallyport.cli.demo.McpClient;
import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.cli.stack.StackDescription;
import dev.sallyport.cli.stack.TokenClient;
import dev.sallyport.schema.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code sallyport bench start}: what a user waits for when the stack is started again, from the
 * launcher's first line to the tenth answer.
 */
@Command(
        name = "start",
        mixinStandardHelpOptions = true,
        description = {
            "Measure second starts of 'sallyport up', with all services in one process and in processes of their own,",
            "and the first ten calls after each. The first start of each, which makes the data folder and where needed",
            "the AOT caches, is told and not counted."
        })
final class StartCommand implements Runnable {
    static final String READY = "Sallyport is up.";

    /** Set by the launcher: its own file. */
    private static final String LAUNCHER = "sallyport.launcher";

    private static final int CALLS = 10;
    private static final Duration UP_WITHIN = Duration.ofMinutes(10);
    private static final Duration DOWN_WITHIN = Duration.ofSeconds(60);

    @Option(
            names = "--data",
            description = "Where the stacks live (default: ~/.sallyport-bench-start).")
    Path folder = Path.of(System.getProperty("user.home"), ".sallyport-bench-start");

    @Option(
            names = "--times",
            defaultValue = "3",
            description = "How often each is started (default: ${DEFAULT-VALUE}).")
    int times;

    /**
     * One start.
     *
     * @param seconds from the launcher's start until the stack said that it is up
     * @param callMillis each call's time, in order
     */
    record Start(double seconds, List<Double> callMillis) {}

    /**
     * What was measured.
     *
     * @param starts by the options of {@code up}
     */
    record StartReport(
            Map<String, String> machine, Map<String, List<Start>> starts, List<Aim> aims) {}

    @Override
    public void run() {
        String launcher = System.getProperty(LAUNCHER);
        if (launcher == null) {
            throw new BenchException(
                    "bench_failed", "starts are measured from the launcher: run ./sallyport bench");
        }
        Map<String, List<Start>> starts = new LinkedHashMap<>();
        for (String option : List.of("", "--isolated")) {
            String name = ("up " + option).strip();
            Path data = folder.resolve(option.isEmpty() ? "together" : "isolated");
            List<String> command =
                    new ArrayList<>(List.of(launcher, "up", "--data", data.toString()));
            if (!option.isEmpty()) {
                command.add(option);
            }
            say(name, "first", start(command, data));
            List<Start> counted = new ArrayList<>();
            for (int i = 1; i <= times; i++) {
                Start start = start(command, data);
                say(name, "start " + i, start);
                counted.add(start);
            }
            starts.put(name, counted);
        }
        var report = new StartReport(Machine.description(), starts, aims(starts));
        Path file = folder.resolve("start.json");
        try {
            Files.write(
                    file, Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(report));
        } catch (IOException e) {
            throw new UncheckedIOException("the result cannot be written to " + file, e);
        }
        System.out.println();
        report.machine().forEach((key, value) -> System.out.printf("%-10s %s%n", key, value));
        System.out.println();
        System.out.println(Aim.table(report.aims()));
        System.out.println("As JSON: " + file);
    }

    static List<Aim> aims(Map<String, List<Start>> starts) {
        List<Aim> aims = new ArrayList<>();
        starts.forEach((name, counted) -> {
            aims.add(
                    Aim.atMost(
                            "second start of " + name,
                            Measurement.median(counted.stream().map(Start::seconds).toList()),
                            8,
                            " s"));
            aims.add(
                    Aim.atMost(
                            "tenth call after " + name,
                            Measurement.median(
                                    counted.stream()
                                            .map(start -> start.callMillis().getLast())
                                            .toList()),
                            8,
                            " ms"));
        });
        return List.copyOf(aims);
    }

    private static void say(String name, String which, Start start) {
        System.out.printf(
                Locale.ROOT,
                "  %-13s %-8s %6.1f s, calls %s ms%n",
                name,
                which,
                start.seconds(),
                String.join(
                        " ",
                        start.callMillis().stream()
                                .map(millis -> String.format(Locale.ROOT, "%.1f", millis))
                                .toList()));
    }

    private static Start start(List<String> command, Path data) {
        long began = System.nanoTime();
        Process up;
        try {
            up = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new UncheckedIOException("the launcher cannot be started", e);
        }
        var stop = Thread.ofPlatform().name("stop").unstarted(up::destroy);
        Runtime.getRuntime().addShutdownHook(stop);
        try {
            double seconds = (awaitReady(up) - began) / 1e9;
            return new Start(seconds, calls(StackDescription.of(data)));
        } finally {
            end(up);
            Runtime.getRuntime().removeShutdownHook(stop);
        }
    }

    /**
     * When the stack was up, as {@link System#nanoTime()} has it; what it prints later is dropped.
     */
    private static long awaitReady(Process up) {
        var ready = new CompletableFuture<Long>();
        Thread.ofVirtual()
                .start(() -> {
                    var said = new StringBuilder();
                    try (BufferedReader out = up.inputReader()) {
                        for (String line; (line = out.readLine()) != null; ) {
                            if (line.startsWith(READY)) {
                                ready.complete(System.nanoTime());
                            } else if (!ready.isDone()) {
                                said.append(line).append('\n');
                            }
                        }
                    } catch (IOException e) {
                        ready.completeExceptionally(e);
                    }
                    // without effect where it came up
                    ready.completeExceptionally(
                            new BenchException("bench_failed", "it ended after it said: " + said));
                });
        try {
            return ready.get(UP_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new BenchException("bench_failed", "up did not come up: " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new BenchException("bench_failed", "up did not come up in " + UP_WITHIN, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("bench_failed", "interrupted", e);
        }
    }

    private static List<Double> calls(StackDescription stack) {
        String tenant = LocalStack.TENANTS.getFirst().value();
        URI endpoint = Objects.requireNonNull(stack.tokenEndpoints().get(tenant));
        String token = TokenClient.fetch(endpoint, "bench", "bench", "mcp:read", stack.mcp());
        List<Double> millis = new ArrayList<>();
        try (var client = new McpClient(stack.mcp(), token, "sallyport-bench")) {
            for (int call = 1; call <= CALLS; call++) {
                // the shop gives the first tenant the odd numbers
                int id = 2 * call - 1;
                long began = System.nanoTime();
                McpClient.Reply reply =
                        client.sql(
                                "db_query",
                                "shop",
                                "select id, name, email from customers where id = " + id);
                millis.add((System.nanoTime() - began) / 1e6);
                if (!reply.succeeded()
                        || reply.rows().size() != 1
                        || !reply.rows().getFirst().getFirst().equals(String.valueOf(id))) {
                    throw new BenchException(
                            "answers_wrong", "a call was answered: " + reply.text());
                }
            }
        }
        return millis;
    }

    private static void end(Process up) {
        up.destroy();
        try {
            if (!up.waitFor(DOWN_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                up.destroyForcibly();
                throw new BenchException("bench_failed", "up did not end within " + DOWN_WITHIN);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            up.destroyForcibly();
            throw new BenchException("bench_failed", "interrupted", e);
        }
    }
}
