package dev.sallyport.executor.engine.postgresql;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;

import dev.sallyport.schema.secret.Secret;

import org.postgresql.PGProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Connections to one tenant database under one login. The password is asked for whenever a
 * connection is opened, so that a rotation is followed without dropping a call.
 */
final class ConnectionPool {
    /** How long a call waits for a connection, or for a new one to be opened. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(10);
    private static final Duration LIFETIME_MAX = Duration.ofMinutes(30);

    /** What one exchange with the server may hold in memory, in bytes. */
    private static final String EXCHANGE_BYTES_MAX = "16M";

    private static final Duration LOOK_AGAIN_AFTER = Duration.ofMillis(10);
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionPool.class);

    private final HikariDataSource connections;

    private ConnectionPool(HikariDataSource connections) {
        this.connections = connections;
    }

    /**
     * Makes the pool; it opens its first connection when one is asked for.
     *
     * @param url already found safe by {@link DatabaseUrl}
     */
    static ConnectionPool of(
            String name, String url, String user, Supplier<Secret> password, int connectionsMax) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl(url);
        config.setCredentialsProvider(() -> Credentials.of(user, password.get().value()));
        config.setDataSourceProperties(properties());
        config.setMaximumPoolSize(connectionsMax);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(CONNECT_TIMEOUT.toMillis());
        config.setIdleTimeout(IDLE_TIMEOUT.toMillis());
        config.setMaxLifetime(LIFETIME_MAX.toMillis());
        config.setInitializationFailTimeout(-1);
        return new ConnectionPool(new HikariDataSource(config));
    }

    private static Properties properties() {
        String seconds = Long.toString(CONNECT_TIMEOUT.toSeconds());
        Properties properties = new Properties();
        // no statement gets a name on the server, where callers could replace it
        PGProperty.PREPARE_THRESHOLD.set(properties, "0");
        PGProperty.PREPARED_STATEMENT_CACHE_QUERIES.set(properties, "0");
        PGProperty.BINARY_TRANSFER.set(properties, "false");
        PGProperty.DISABLE_COLUMN_SANITISER.set(properties, "true");
        PGProperty.LOG_SERVER_ERROR_DETAIL.set(properties, "false");
        PGProperty.MAX_RESULT_BUFFER.set(properties, EXCHANGE_BYTES_MAX);
        PGProperty.CONNECT_TIMEOUT.set(properties, seconds);
        PGProperty.LOGIN_TIMEOUT.set(properties, seconds);
        PGProperty.TCP_KEEP_ALIVE.set(properties, "true");
        PGProperty.APPLICATION_NAME.set(properties, "sallyport-executor");
        PGProperty.OPTIONS.set(
                properties,
                "-c bytea_output=hex -c IntervalStyle=iso_8601 -c extra_float_digits=1"
                        + " -c standard_conforming_strings=on");
        return properties;
    }

    /**
     * A connection, which must be given back or discarded.
     *
     * @throws SQLException if there is none in time
     */
    Connection take() throws SQLException {
        return connections.getConnection();
    }

    void giveBack(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.atWarn()
                    .addKeyValue("pool", connections.getPoolName())
                    .addKeyValue("sqlState", e.getSQLState())
                    .log("a connection was not given back cleanly");
        }
    }

    void discard(Connection connection) {
        connections.evictConnection(connection);
    }

    /** Opens no more connections, and closes those in use as they are given back or time is up. */
    void close(Duration within) {
        long until = System.nanoTime() + within.toNanos();
        while (connections.getHikariPoolMXBean().getActiveConnections() > 0
                && System.nanoTime() < until) {
            LockSupport.parkNanos(LOOK_AGAIN_AFTER.toNanos());
        }
        connections.close();
    }
}
