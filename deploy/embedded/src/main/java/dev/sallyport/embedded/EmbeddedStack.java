package dev.sallyport.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Stream;
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
    private final CompletableFuture<EmbeddedKafka> kafka;
    private final CompletableFuture<EmbeddedPostgres> postgres;
    private final CompletableFuture<EmbeddedOpenSearch> openSearch;
    private final CompletableFuture<EmbeddedOAuth> oauth;
    private boolean closed;

    private EmbeddedStack(FolderLock lock, StackListener listener) {
        this.lock = lock;
        this.ports = new RememberedPorts(lock.folder());
        Start start = new Start(lock.folder(), listener);
        this.openSearch =
                start.part(
                        Part.OPEN_SEARCH,
                        EmbeddedOpenSearch::start,
                        server -> server.uri().toString());
        this.kafka = start.part(Part.KAFKA, EmbeddedKafka::start, EmbeddedKafka::bootstrapServers);
        this.postgres =
                start.part(
                        Part.POSTGRES,
                        folder -> EmbeddedPostgres.startLoggingTo(logFolder(lock.folder()), folder),
                        server -> server.host() + ":" + server.port());
        this.oauth =
                start.part(Part.OAUTH, EmbeddedOAuth::start, server -> server.address().toString());
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
        EmbeddedStack stack = begin(dataFolder, listener);
        try {
            stack.kafka();
            stack.postgres();
            stack.openSearch();
            stack.oauth();
            return stack;
        } catch (EmbeddedException e) {
            stack.close();
            throw e;
        }
    }

    /**
     * Begins to start the four servers and returns at once. Who asks for a server waits until it is
     * ready, so that what needs one of them need not wait for all.
     *
     * @throws EmbeddedException when the folder is in use
     */
    public static EmbeddedStack begin(Path dataFolder, StackListener listener) {
        return new EmbeddedStack(FolderLock.take(dataFolder), listener);
    }

    /**
     * The Kafka broker, once it is ready.
     *
     * @throws EmbeddedException when it does not start
     */
    public EmbeddedKafka kafka() {
        return ready(kafka);
    }

    /**
     * The PostgreSQL server, once it is ready.
     *
     * @throws EmbeddedException when it does not start
     */
    public EmbeddedPostgres postgres() {
        return ready(postgres);
    }

    /**
     * The OpenSearch node, once it is ready.
     *
     * @throws EmbeddedException when it does not start
     */
    public EmbeddedOpenSearch openSearch() {
        return ready(openSearch);
    }

    /**
     * The OAuth server, once it is ready.
     *
     * @throws EmbeddedException when it does not start
     */
    public EmbeddedOAuth oauth() {
        return ready(oauth);
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

    /**
     * Stops every server that started, waiting for those that still start, and gives the folder
     * back.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        List<CompletableFuture<Void>> stops =
                Stream.of(kafka, postgres, openSearch, oauth)
                        .map(part -> onThread("stop", () -> closed(part)))
                        .toList();
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

    private static @Nullable Void closed(CompletableFuture<? extends AutoCloseable> part)
            throws Exception {
        AutoCloseable server;
        try {
            server = part.get();
        } catch (ExecutionException neverStarted) {
            return null;
        }
        server.close();
        return null;
    }

    private static <T> T ready(CompletableFuture<T> part) {
        try {
            return part.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof EmbeddedException ours
                    ? ours
                    : new EmbeddedException(
                            EmbeddedException.Code.NOT_READY, "the stack did not start: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedException(
                    EmbeddedException.Code.NOT_READY, "interrupted while the stack starts", e);
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
