package dev.sallyport.executor.session;

import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.secret.Secret;
import dev.sallyport.schema.secret.Secrets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The sessions of the databases that calls have named, opened when first needed. A database whose
 * registry entry changed gets a new session, and the old one's connections are closed as calls give
 * them back.
 */
public final class Sessions implements AutoCloseable {
    /** How long calls in a database whose registry entry changed may go on. */
    private static final Duration CALLS_END_WITHIN = Duration.ofMinutes(2);

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    private final Secrets secrets;
    private final InstantSource clock;
    private final boolean plainAllowed;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Opened> opened = new HashMap<>();

    private record Opened(Database database, Session session) {}

    /**
     * @param plainAllowed whether connections to other machines may be unencrypted
     */
    public Sessions(Secrets secrets, InstantSource clock, boolean plainAllowed) {
        this.secrets = secrets;
        this.clock = clock;
        this.plainAllowed = plainAllowed;
    }

    /**
     * The session of the database.
     *
     * @throws dev.sallyport.executor.failure.ExecutorException {@code database_url_refused}
     */
    public Session of(Database database) {
        lock.lock();
        try {
            Opened known = opened.get(database.key());
            if (known != null && known.database().equals(database)) {
                return known.session();
            }
            Session session = open(database);
            opened.put(database.key(), new Opened(database, session));
            if (known != null) {
                closeLater(known);
            }
            return session;
        } finally {
            lock.unlock();
        }
    }

    /** Closes the sessions of databases that the registry has no more. */
    public void leaveGone(Registry registry) {
        lock.lock();
        try {
            opened.values()
                    .removeIf(entry -> {
                        Database database = entry.database();
                        boolean gone =
                                registry.database(database.tenant(), database.name()).isEmpty();
                        if (gone) {
                            closeLater(entry);
                        }
                        return gone;
                    });
        } finally {
            lock.unlock();
        }
    }

    private static void closeLater(Opened entry) {
        Thread.ofVirtual()
                .name("close-" + entry.database().key())
                .start(() -> entry.session().close(CALLS_END_WITHIN));
    }

    private Session open(Database database) {
        ConnectionPool pool =
                ConnectionPool.of(
                        database.tenant() + "." + database.name(),
                        DatabaseUrl.checked(database.jdbcUrl(), plainAllowed),
                        database.user(),
                        () -> secrets.resolve(database.password()),
                        database.connectionsMax());
        return new Session(
                pool,
                () -> {
                    Secret key = secrets.resolve(database.sealKey());
                    return SealKey.of(key.value());
                },
                clock);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            opened.values().forEach(entry -> entry.session().close(CLOSE_WITHIN));
            opened.clear();
        } finally {
            lock.unlock();
        }
    }
}
