package dev.sallyport.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All four servers on one data folder, started and stopped concurrently.
 *
 * <p>The stack registers no shutdown hook: who starts it closes it, after the services that use it.
 */
public final class EmbeddedStack implements AutoCloseable {

    /** A server of the stack; its folder in the data folder has the same name. */
    public enum Part {
        /** The Kafka broker. */
        KAFKA("kafka"),
        /** The PostgreSQL server. */
        POSTGRES("postgres"),
        /** The OpenSearch node. */
        OPEN_SEARCH("opensearch"),
        /** The OAuth server. */
        OAUTH("oauth");

        private final String text;

        Part(String text) {
            this.text = text;
        }

        /** The name as it stands in folders and documents. */
        public String text() {
            return text;
        }
    }

    private final FolderLock lock;
    private final RememberedPorts ports;
    private final EmbeddedKafka kafka;
    private final EmbeddedPostgres postgres;
    private final EmbeddedOpenSearch openSearch;
    private final EmbeddedOAuth oauth;
    private boolean closed;

    private EmbeddedStack(
            FolderLock lock,
            EmbeddedKafka kafka,
            EmbeddedPostgres postgres,
            EmbeddedOpenSearch openSearch,
            EmbeddedOAuth oauth) {
        this.lock = lock;
        this.ports = new RememberedPorts(lock.folder());
        this.kafka = kafka;
        this.postgres = postgres;
        this.openSearch = openSearch;
        this.oauth = oauth;
    }

    /** The folder below a data folder that has the log files. */
    public static Path logFolder(Path dataFolder) {
        return dataFolder.resolve("logs");
    }

    /**
     * Starts the four servers and returns when all are ready; where one fails, the others are
     * stopped again.
     *
     * @throws EmbeddedException when the folder is in use, or a server does not start
     */
    public static EmbeddedStack start(Path dataFolder, StackListener listener) {
        FolderLock lock = FolderLock.take(dataFolder);
        Start start = new Start(lock.folder(), listener);
        CompletableFuture<EmbeddedOpenSearch> openSearch =
                start.part(
                        Part.OPEN_SEARCH,
                        EmbeddedOpenSearch::start,
                        server -> server.uri().toString());
        CompletableFuture<EmbeddedKafka> kafka =
                start.part(Part.KAFKA, EmbeddedKafka::start, EmbeddedKafka::bootstrapServers);
        CompletableFuture<EmbeddedPostgres> postgres =
                start.part(
                        Part.POSTGRES,
                        folder -> EmbeddedPostgres.startLoggingTo(logFolder(lock.folder()), folder),
                        server -> server.host() + ":" + server.port());
        CompletableFuture<EmbeddedOAuth> oauth =
                start.part(Part.OAUTH, EmbeddedOAuth::start, server -> server.address().toString());
        try {
            return new EmbeddedStack(
                    lock, kafka.get(), postgres.get(), openSearch.get(), oauth.get());
        } catch (ExecutionException | InterruptedException e) {
            for (CompletableFuture<? extends AutoCloseable> part :
                    List.of(kafka, postgres, openSearch, oauth)) {
                closeWhenStarted(part, e);
            }
            lock.close();
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw e.getCause() instanceof EmbeddedException ours
                    ? ours
                    : new EmbeddedException(
                            EmbeddedException.Code.NOT_READY, "the stack did not start: " + e, e);
        }
    }

    /** The Kafka broker. */
    public EmbeddedKafka kafka() {
        return kafka;
    }

    /** The PostgreSQL server. */
    public EmbeddedPostgres postgres() {
        return postgres;
    }

    /** The OpenSearch node. */
    public EmbeddedOpenSearch openSearch() {
        return openSearch;
    }

    /** The OAuth server. */
    public EmbeddedOAuth oauth() {
        return oauth;
    }

    /** The data folder. */
    public Path folder() {
        return lock.folder();
    }

    /**
     * A free port on 127.0.0.1 for something that runs beside the stack: the same at each start, as
     * long as it is free.
     *
     * @param name a-z and dashes, unique in this stack
     */
    public int port(String name) {
        return ports.port(name);
    }

    /** Stops all four servers and gives the folder back. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        List<CompletableFuture<Void>> stops = new ArrayList<>();
        for (AutoCloseable part : List.of(kafka, postgres, openSearch, oauth)) {
            stops.add(
                    onThread(
                            "stop-" + part.getClass().getSimpleName(),
                            () -> {
                                part.close();
                                return null;
                            }));
        }
        try {
            CompletableFuture.allOf(stops.toArray(CompletableFuture[]::new)).get();
        } catch (ExecutionException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.STOPPED,
                    "the stack did not stop cleanly: " + e.getCause(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.close();
        }
    }

    private static void closeWhenStarted(
            CompletableFuture<? extends AutoCloseable> part, Exception cause) {
        try {
            part.get().close();
        } catch (ExecutionException failedItself) {
            cause.addSuppressed(failedItself);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            cause.addSuppressed(e);
        }
    }

    private static <T extends @Nullable Object> CompletableFuture<T> onThread(
            String name, Callable<T> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        Thread.ofPlatform()
                .name(name)
                .start(() -> {
                    try {
                        done.complete(work.call());
                    } catch (Throwable e) {
                        done.completeExceptionally(e);
                    }
                });
        return done;
    }

    private static final class Start {

        private final Path dataFolder;
        private final StackListener listener;
        private final ReentrantLock oneAtATime = new ReentrantLock();

        Start(Path dataFolder, StackListener listener) {
            this.dataFolder = dataFolder;
            this.listener = listener;
        }

        <T> CompletableFuture<T> part(
                Part part, Function<Path, T> start, Function<T, String> address) {
            return onThread(
                    "start-" + part.text(),
                    () -> {
                        tell(() -> listener.starting(part));
                        long began = System.nanoTime();
                        T server = start.apply(dataFolder.resolve(part.text()));
                        Duration took = Duration.ofNanos(System.nanoTime() - began);
                        tell(() -> listener.ready(part, took, address.apply(server)));
                        return server;
                    });
        }

        private void tell(Runnable what) {
            oneAtATime.lock();
            try {
                what.run();
            } finally {
                oneAtATime.unlock();
            }
        }
    }
}
