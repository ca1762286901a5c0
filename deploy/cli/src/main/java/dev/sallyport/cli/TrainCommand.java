package dev.sallyport.cli;

import dev.sallyport.cli.demo.McpClient;
import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.cli.stack.ServiceCaches;
import dev.sallyport.cli.stack.StackDescription;
import dev.sallyport.cli.stack.StackException;
import dev.sallyport.cli.stack.TokenClient;
import dev.sallyport.embedded.EmbeddedStack;
import dev.sallyport.service.ServiceProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Starts a stack in a folder of its own, makes calls, and throws the stack away: what the JVMs
 * learn by it goes into AOT caches, and nothing of it into anybody's audit log.
 */
@Command(
        name = "train",
        hidden = true,
        description = "Make the AOT caches; the launcher runs this before the first start.")
final class TrainCommand implements Callable<Integer> {
    private static final Duration LOAD = Duration.ofSeconds(12);
    private static final int CALLERS = 4;

    @ArgGroup(multiplicity = "1")
    Mode mode = new Mode();

    /** How the services run. */
    static final class Mode {
        @Option(names = "--isolated", description = "In processes of their own.")
        boolean isolated;

        @Option(names = "--together", description = "In this process.")
        boolean together;
    }

    @Override
    public Integer call() throws Exception {
        Path folder = Files.createTempDirectory("sallyport-training-");
        try (ServiceProcess.Ending ending = ServiceProcess.onSignal()) {
            try (LocalStack stack =
                            LocalStack.start(
                                    folder,
                                    mode.isolated
                                            ? LocalStack.Mode.ISOLATED
                                            : LocalStack.Mode.TOGETHER,
                                    ServiceCaches.made(),
                                    new Silent(),
                                    InstantSource.system());
                    AutoCloseable _ = ending::stopping) {
                load(stack.description());
            }
            return 0;
        } finally {
            delete(folder);
        }
    }

    private static void load(StackDescription stack) throws InterruptedException {
        long end = System.nanoTime() + LOAD.toNanos();
        List<Future<?>> callers = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(CALLERS)) {
            for (int caller = 0; caller < CALLERS; caller++) {
                String subject = "trainee-" + caller;
                callers.add(threads.submit(() -> call(stack, subject, end)));
            }
            for (Future<?> caller : callers) {
                caller.get();
            }
        } catch (ExecutionException e) {
            throw new StackException("training_failed", "a call failed: " + e.getCause(), e);
        }
    }

    private static void call(StackDescription stack, String subject, long end) {
        String tenant = LocalStack.TENANTS.getFirst().value();
        URI endpoint = Objects.requireNonNull(stack.tokenEndpoints().get(tenant));
        String token =
                TokenClient.fetch(
                        endpoint, "sallyport-train", subject, "mcp:read mcp:write", stack.mcp());
        try (McpClient client = new McpClient(stack.mcp(), token, "sallyport-train")) {
            client.tools();
            for (int call = 1; System.nanoTime() < end; call++) {
                McpClient.Reply reply =
                        call % 10 == 0
                                ? client.sql(
                                        "db_execute",
                                        "shop",
                                        "update customers set name = name where id = 1")
                                : client.sql(
                                        "db_query",
                                        "shop",
                                        "select id, name, email from customers where id = " + call);
                if (!reply.succeeded()) {
                    throw new StackException("training_failed", reply.text());
                }
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    private static final class Silent implements LocalStack.Progress {
        @Override
        public void starting(EmbeddedStack.Part part) {}

        @Override
        public void ready(EmbeddedStack.Part part, Duration took, String address) {}

        @Override
        public void done(String what, Duration took) {}
    }
}
