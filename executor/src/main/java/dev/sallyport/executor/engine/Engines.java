package dev.sallyport.executor.engine;

import dev.sallyport.executor.engine.postgresql.PostgresEngine;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.secret.Secrets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The engines of the databases that calls have named, opened when first needed. A database whose
 * registry entry changed gets a new engine, and the old one's connections are closed as calls give
 * them back.
 */
public final class Engines implements AutoCloseable {
    /** How long calls in a database whose registry entry changed may go on. */
    private static final Duration CALLS_END_WITHIN = Duration.ofMinutes(2);

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    private final Secrets secrets;
    private final InstantSource clock;
    private final boolean plainAllowed;
    private final Map<String, Opened> opened = new ConcurrentHashMap<>();

    private record Opened(Database database, Engine engine) {}

    /**
     * @param plainAllowed whether connections to other machines may be unencrypted
     */
    public Engines(Secrets secrets, InstantSource clock, boolean plainAllowed) {
        this.secrets = secrets;
        this.clock = clock;
        this.plainAllowed = plainAllowed;
    }

    /**
     * The engine of the database.
     *
     * @throws dev.sallyport.executor.failure.ExecutorException {@code database_url_refused}
     */
    public Engine of(Database database) {
        Opened known = opened.get(database.key());
        if (known == null || !known.database().equals(database)) {
            known = opened.compute(database.key(), (_, current) -> current(database, current));
        }
        return known.engine();
    }

    private Opened current(Database database, @Nullable Opened known) {
        if (known != null && known.database().equals(database)) {
            return known;
        }
        Opened fresh = new Opened(database, open(database));
        if (known != null) {
            closeLater(known);
        }
        return fresh;
    }

    /** The one place where an implementation is chosen. */
    private Engine open(Database database) {
        return switch (database.kind()) {
            case POSTGRESQL -> PostgresEngine.open(database, secrets, clock, plainAllowed);
        };
    }

    /** Closes the engines of databases that the registry has no more. */
    public void leaveGone(Registry registry) {
        opened.values()
                .removeIf(entry -> {
                    Database database = entry.database();
                    boolean gone = registry.database(database.tenant(), database.name()).isEmpty();
                    if (gone) {
                        closeLater(entry);
                    }
                    return gone;
                });
    }

    private static void closeLater(Opened entry) {
        Thread.ofVirtual()
                .name("close-" + entry.database().key())
                .start(() -> entry.engine().close(CALLS_END_WITHIN));
    }

    @Override
    public void close() {
        opened.values().forEach(entry -> entry.engine().close(CLOSE_WITHIN));
        opened.clear();
    }
}
