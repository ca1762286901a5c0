package dev.sallyport.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One server of each kind for all tests of a JVM: started when first asked for, in a temporary
 * folder, and stopped when the JVM ends. Tests keep apart by topics, databases, indices and tenants
 * of their own.
 */
public final class TestServers {

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private static final Shared<EmbeddedKafka> KAFKA = new Shared<>("kafka", EmbeddedKafka::start);
    // What a test stores need not survive the machine's power failure.
    private static final Shared<EmbeddedPostgres> POSTGRES =
            new Shared<>(
                    "postgres",
                    folder ->
                            EmbeddedPostgres.start(
                                    folder,
                                    Map.of(
                                            "fsync",
                                            "off",
                                            "full_page_writes",
                                            "off",
                                            "synchronous_commit",
                                            "off")));

    private static final Shared<EmbeddedOAuth> OAUTH = new Shared<>("oauth", EmbeddedOAuth::start);
    private static final Shared<EmbeddedOpenSearch> OPEN_SEARCH =
            new Shared<>("opensearch", EmbeddedOpenSearch::start);

    private static boolean logging;

    private TestServers() {}

    /** The Kafka broker of this JVM's tests. */
    public static EmbeddedKafka kafka() {
        return KAFKA.get();
    }

    /** The PostgreSQL server of this JVM's tests. */
    public static EmbeddedPostgres postgres() {
        return POSTGRES.get();
    }

    /** The OAuth server of this JVM's tests. */
    public static EmbeddedOAuth oauth() {
        return OAUTH.get();
    }

    /** The OpenSearch node of this JVM's tests. */
    public static EmbeddedOpenSearch openSearch() {
        return OPEN_SEARCH.get();
    }

    /**
     * Creates a database that nobody else uses and gives its name, for {@link
     * EmbeddedPostgres#jdbcUrl}.
     *
     * @param prefix how the name starts: a-z, 0-9 and _
     */
    public static String freshDatabase(String prefix) {
        String name = prefix + "_" + DATABASES.incrementAndGet();
        postgres().createDatabase(name);
        return name;
    }

    // What the servers say of a failed test must outlive their temporary folders.
    private static synchronized void logToTarget() {
        if (!logging) {
            logging = true;
            Logging.toFolder(
                    Path.of(
                            "target",
                            "test-servers",
                            String.valueOf(ProcessHandle.current().pid())));
        }
    }

    private static final class Shared<T extends AutoCloseable> {

        private final String part;
        private final Function<Path, T> start;
        private @Nullable T running;

        Shared(String part, Function<Path, T> start) {
            this.part = part;
            this.start = start;
        }

        synchronized T get() {
            T server = running;
            if (server == null) {
                logToTarget();
                Path folder = temporaryFolder();
                T started = start.apply(folder);
                Runtime.getRuntime()
                        .addShutdownHook(
                                Thread.ofPlatform()
                                        .name("stop-" + part)
                                        .unstarted(() -> stop(started, folder)));
                running = started;
                server = started;
            }
            return server;
        }

        private Path temporaryFolder() {
            try {
                return Files.createTempDirectory("sallyport-" + part + "-");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void stop(T server, Path folder) {
            try {
                server.close();
                PostgresBinaries.deleteTree(folder);
            } catch (Exception e) {
                // Nobody is left to catch it.
                System.err.println("cannot stop the test server " + part + ": " + e);
            }
        }
    }
}
