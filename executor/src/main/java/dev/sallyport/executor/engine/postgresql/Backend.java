package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.schema.event.Attested;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.core.BaseConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that the database attested: who is logged in, that row security holds for it, its
 * enrolment's version, its clock, its process and the client's port. What stays the same as long as
 * the connection lives is asked once, here.
 */
final class Backend {
    /** SQLSTATEs of ours. */
    static final String CLOCK_DIFFERS = "SP020";

    static final String POOLED = "SP021";
    static final String SETTINGS_REFUSED = "SP022";
    static final String OTHER_VERSION = "SP014";
    static final String UNMASKED = "SP025";

    /** So far may the clocks be apart; a proof lasts longer than that. */
    private static final Duration CLOCKS_APART_MAX = Duration.ofSeconds(30);

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration IDLE_IN_TRANSACTION_MAX = Duration.ofSeconds(10);
    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration CLIENT_CHECKED_EVERY = Duration.ofSeconds(1);

    /** The driver asks for its machine's zone when it connects, and no option comes before that. */
    private static final String ZONE = "SET TimeZone = 'UTC'";

    /** What DISCARD ALL does, but for the plans, which are costly to make and hold nothing. */
    private static final String FORGET =
            "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; "
                    + ZONE
                    + "; DEALLOCATE ALL; UNLISTEN *; SELECT pg_catalog.pg_advisory_unlock_all();"
                    + " DISCARD SEQUENCES; DISCARD TEMP";

    private static final Logger LOG = LoggerFactory.getLogger(Backend.class);

    private final Wire wire;
    private final Seal seal;
    private final Attested attested;
    private final Duration statementTimeout;
    private final ColumnTypes types = new ColumnTypes();
    final long openedNanos = System.nanoTime();
    long usedNanos = openedNanos;

    private Backend(Wire wire, Seal seal, Attested attested, Duration statementTimeout) {
        this.wire = wire;
        this.seal = seal;
        this.attested = attested;
        this.statementTimeout = statementTimeout;
    }

    /**
     * Connects and asks the database what it attests.
     *
     * @param masks the columns that must be masked for this login, as {@link Masks#asked} writes
     *     them; null where there are none
     * @param statementTimeout what a statement may take if nothing else is said
     * @param within how long connecting may take
     * @throws SQLException if it cannot be reached, or with a SQLSTATE of ours if it is not fit
     */
    static Backend open(
            String url,
            String user,
            String password,
            @Nullable String masks,
            Duration statementTimeout,
            Duration within,
            InstantSource clock)
            throws SQLException {
        Connection connection = connect(url, user, password, statementTimeout, within);
        Wire wire = new Wire(connection.unwrap(BaseConnection.class));
        try {
            wire.setPatience(CONNECT_TIMEOUT);
            Texts texts = new Texts();
            Wire.Reply reply =
                    wire.add(ZONE)
                            .add(
                                    "",
                                    "select * from sallyport.open(" + Enrolment.VERSION + ")",
                                    List.of(),
                                    0,
                                    texts)
                            .exchange(false);
            requireOpened(reply);
            if (masks != null) {
                requireMasked(wire, masks);
            }
            return attested(wire, texts.values, statementTimeout, clock.instant());
        } catch (SQLException | RuntimeException e) {
            wire.close();
            throw e;
        }
    }

    /** A database that cannot tell, since its enrolment is older, does not mask. */
    private static void requireMasked(Wire wire, String masks) throws SQLException {
        Texts wrong = new Texts();
        Wire.Reply reply =
                wire.add(
                                "",
                                "select sallyport.unmasked($1::pg_catalog.jsonb)",
                                List.of(Parameter.untyped(masks)),
                                0,
                                wrong)
                        .exchange(false);
        if (reply.error() != null || !wrong.values.isEmpty()) {
            LOG.atError()
                    .addKeyValue("connection", wire)
                    .addKeyValue("wrong", wrong.values)
                    .log("columns that are tagged are not masked, nothing runs in the database");
            throw new SQLException("columns are not masked", UNMASKED, reply.error());
        }
    }

    private static Connection connect(
            String url, String user, String password, Duration statementTimeout, Duration within)
            throws SQLException {
        try {
            Connection connection =
                    new Driver().connect(url, properties(user, password, statementTimeout, within));
            if (connection == null) {
                throw new SQLException("the driver does not take the URL", "08001");
            }
            return connection;
        } catch (SQLException e) {
            String said = String.valueOf(e.getMessage());
            if (said.contains("startup parameter") || said.contains("startup option")) {
                throw new SQLException("start-up options are refused", POOLED, e);
            }
            if ("42704".equals(e.getSQLState()) || "22023".equals(e.getSQLState())) {
                throw new SQLException("a setting is refused", SETTINGS_REFUSED, e);
            }
            throw e;
        }
    }

    /** Nothing here changes what a caller's SQL computes, but for the zone. */
    private static Properties properties(
            String user, String password, Duration statementTimeout, Duration within) {
        long seconds = Math.clamp(within.toSeconds(), 1, CONNECT_TIMEOUT.toSeconds());
        Properties properties = new Properties();
        PGProperty.USER.set(properties, user);
        PGProperty.PASSWORD.set(properties, password);
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "14");
        PGProperty.LOG_SERVER_ERROR_DETAIL.set(properties, "false");
        PGProperty.CONNECT_TIMEOUT.set(properties, Long.toString(seconds));
        PGProperty.LOGIN_TIMEOUT.set(properties, Long.toString(seconds));
        PGProperty.CANCEL_SIGNAL_TIMEOUT.set(properties, "2");
        PGProperty.TCP_KEEP_ALIVE.set(properties, "true");
        PGProperty.TCP_NO_DELAY.set(properties, "true");
        PGProperty.APPLICATION_NAME.set(properties, "sallyport-executor");
        PGProperty.OPTIONS.set(
                properties,
                "-c row_security=on -c standard_conforming_strings=on"
                        + " -c search_path=\"$user\",public"
                        + " -c statement_timeout="
                        + statementTimeout.toMillis()
                        + " -c lock_timeout="
                        + LOCK_TIMEOUT.toMillis()
                        + " -c idle_in_transaction_session_timeout="
                        + IDLE_IN_TRANSACTION_MAX.toMillis()
                        + " -c client_connection_check_interval="
                        + CLIENT_CHECKED_EVERY.toMillis());
        return properties;
    }

    private static void requireOpened(Wire.Reply reply) throws SQLException {
        SQLException error = reply.error();
        if (error == null) {
            return;
        }
        if ("42883".equals(error.getSQLState())) {
            throw new SQLException(
                    "the database has an older enrolment than version " + Enrolment.VERSION,
                    OTHER_VERSION,
                    error);
        }
        throw error;
    }

    private static Backend attested(
            Wire wire, List<@Nullable String> values, Duration statementTimeout, Instant now)
            throws SQLException {
        if (values.size() != 6 || values.get(0) == null || values.get(5) == null) {
            throw new SQLException("the database attested nothing", "XX000");
        }
        int pid = number(values.get(3));
        if (pid != wire.backendPid()) {
            throw new SQLException("another process answers than was connected to", POOLED);
        }
        if (values.get(4) == null) {
            throw new SQLException("the connection has no port, as over a Unix socket", POOLED);
        }
        Instant theirs = Instant.ofEpochMilli(Long.parseLong(String.valueOf(values.get(5))));
        if (Duration.between(theirs, now).abs().compareTo(CLOCKS_APART_MAX) > 0) {
            throw new SQLException("the clocks are too far apart", CLOCK_DIFFERS);
        }
        return new Backend(
                wire,
                new Seal(pid, number(values.get(4))),
                new Attested(
                        String.valueOf(values.get(0)), "on".equals(values.get(2)), values.get(1)),
                statementTimeout);
    }

    private static int number(@Nullable String text) {
        return Integer.parseInt(String.valueOf(text));
    }

    Wire wire() {
        return wire;
    }

    Seal seal() {
        return seal;
    }

    /** As it was when the connection was opened; the tenant is null where tenants share a login. */
    Attested attested() {
        return attested;
    }

    /** The timeout of a statement for which nothing else is said. */
    Duration statementTimeout() {
        return statementTimeout;
    }

    /** Whether the server still answers. */
    boolean answers() {
        try {
            wire.setPatience(CONNECT_TIMEOUT);
            return wire.exchange(false).status() == 'I';
        } catch (SQLException e) {
            return false;
        }
    }

    /** Rolls back and undoes whatever a call left, in exchanges of their own. */
    boolean cleaned() {
        try {
            wire.setPatience(CONNECT_TIMEOUT);
            wire.command("ROLLBACK");
            wire.command(FORGET);
            return !wire.isChanged();
        } catch (SQLException e) {
            return false;
        }
    }

    /** Adds, after a commit, what undoes whatever the call left. */
    void addForgetting() {
        wire.addSimple(FORGET);
    }

    /** Whether the process and port are no longer what they were: somebody stands in between. */
    boolean isAnother() throws SQLException {
        Texts texts = new Texts();
        wire.add(
                        "",
                        "select pg_catalog.pg_backend_pid(), pg_catalog.inet_client_port()",
                        List.of(),
                        0,
                        texts)
                .exchange(false)
                .require();
        return !texts.values.equals(
                List.of(Integer.toString(seal.backendPid()), Integer.toString(seal.clientPort())));
    }

    /**
     * The types of this database.
     *
     * @param keep whether no caller's transaction is open when the database is asked
     */
    Work.Types types(boolean keep) {
        return new Work.Types() {
            @Override
            public @Nullable ColumnType known(int oid) {
                return types.known(oid);
            }

            @Override
            public Map<Integer, ColumnType> ask(Collection<Integer> oids) throws SQLException {
                return types.ask(wire, oids, keep);
            }
        };
    }

    /** The values of a small answer, row after row. */
    static final class Texts implements Rows {
        final List<@Nullable String> values = new ArrayList<>();

        @Override
        public void columns(String[] names, int[] types) {
            values.clear();
        }

        @Override
        public boolean wants(int bytes) {
            return true;
        }

        @Override
        public void row(byte[] bytes, int columns) {
            int at = 0;
            for (int i = 0; i < columns; i++) {
                int length = Wire.intAt(bytes, at);
                at += 4;
                values.add(
                        length < 0 ? null : new String(bytes, at, length, StandardCharsets.UTF_8));
                at += Math.max(0, length);
            }
        }
    }
}
