package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.executor.engine.Access;
import dev.sallyport.schema.id.TenantId;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;

/** Someone who has an agent's password, and even proofs, but not the executor's key. */
final class ForgedProofIT {
    private static final SealKey OTHER_KEY = SealKey.of("another key that has 32 bytes or more");

    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @SuppressWarnings("NullAway.Init")
    private Connection connection;

    @BeforeAll
    static void share() throws Exception {
        shared = new SharedDatabase();
    }

    @AfterAll
    static void stop() throws SQLException {
        shared.close();
    }

    @BeforeEach
    void connect() throws SQLException {
        connection = loggedIn(ACME);
    }

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
    }

    private static Connection loggedIn(TenantId tenant) throws SQLException {
        Connection connection =
                DriverManager.getConnection(
                        TestServers.postgres().jdbcUrl(shared.databaseName()),
                        shared.login(tenant),
                        SharedDatabase.PASSWORD);
        connection.setAutoCommit(false);
        connection.setReadOnly(true);
        return connection;
    }

    private static int pid(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getBackendPID();
    }

    /** Enters and gives the SQLSTATE of the refusal, or null when the database took the proof. */
    private static @Nullable String enter(
            Connection connection, Entry caller, Instant expires, byte[] proof)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "select * from sallyport.enter(?, ?, ?, ?, ?, ?, 1000, 1000, 1000)")) {
            statement.setBytes(1, proof);
            statement.setString(2, caller.access().word());
            statement.setString(3, caller.tenant().value());
            statement.setString(4, caller.subject());
            statement.setObject(5, caller.call().value());
            statement.setLong(6, expires.toEpochMilli());
            statement.execute();
            return null;
        } catch (SQLException e) {
            return e.getSQLState();
        }
    }

    private static Instant soon() {
        return Instant.now().plusSeconds(30);
    }

    private static byte[] proof(SealKey key, Entry caller, Instant expires, int pid) {
        return key.proveEntry(caller, expires.toEpochMilli(), pid);
    }

    private long visible() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select count(*) from customers")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    @Test
    void theRightProofLetsIn() throws Exception {
        Entry caller = SharedDatabase.caller(ACME, Access.READ);
        Instant expires = soon();

        assertThat(
                        enter(
                                connection,
                                caller,
                                expires,
                                proof(SharedDatabase.KEY, caller, expires, pid(connection))))
                .isNull();
        assertThat(visible()).isEqualTo(3);
    }

    @Test
    void withoutAContextNothingIsVisible() throws Exception {
        assertThat(visible()).isZero();
    }

    @Test
    void anotherKeyProvesNothing() throws Exception {
        Entry caller = SharedDatabase.caller(ACME, Access.READ);
        Instant expires = soon();

        assertThat(
                        enter(
                                connection,
                                caller,
                                expires,
                                proof(OTHER_KEY, caller, expires, pid(connection))))
                .isEqualTo("SP002");
        connection.rollback();
        assertThat(visible()).isZero();
    }

    @Test
    void aProofForAnotherBackendProvesNothing() throws Exception {
        Entry caller = SharedDatabase.caller(ACME, Access.READ);
        Instant expires = soon();
        try (Connection other = loggedIn(ACME)) {
            byte[] proof = proof(SharedDatabase.KEY, caller, expires, pid(other));

            assertThat(enter(connection, caller, expires, proof)).isEqualTo("SP002");
        }
    }

    @Test
    void aProofForAnotherTenantSubjectCallOrExpiryProvesNothing() throws Exception {
        Entry caller = SharedDatabase.caller(ACME, Access.READ);
        Instant expires = soon();
        byte[] proof = proof(SharedDatabase.KEY, caller, expires, pid(connection));

        for (Entry other :
                new Entry[] {
                    new Entry(GLOBEX, caller.subject(), caller.call(), Access.READ),
                    new Entry(ACME, "bob", caller.call(), Access.READ),
                    new Entry(
                            ACME,
                            caller.subject(),
                            SharedDatabase.caller(ACME, Access.READ).call(),
                            Access.READ),
                    new Entry(ACME, caller.subject(), caller.call(), Access.WRITE)
                }) {
            assertThat(enter(connection, other, expires, proof)).isEqualTo("SP002");
            connection.rollback();
        }
        assertThat(enter(connection, caller, expires.plusSeconds(1), proof)).isEqualTo("SP002");
    }

    @Test
    void aProofRunsOutAndIsNotMadeFarAhead() throws Exception {
        Entry caller = SharedDatabase.caller(ACME, Access.READ);
        Instant past = Instant.now().minusSeconds(1);
        Instant far = Instant.now().plus(Duration.ofHours(1));

        assertThat(
                        enter(
                                connection,
                                caller,
                                past,
                                proof(SharedDatabase.KEY, caller, past, pid(connection))))
                .isEqualTo("SP003");
        connection.rollback();
        assertThat(
                        enter(
                                connection,
                                caller,
                                far,
                                proof(SharedDatabase.KEY, caller, far, pid(connection))))
                .isEqualTo("SP003");
    }

    @Test
    void aTransactionTakesOneContext() throws Exception {
        Entry first = SharedDatabase.caller(ACME, Access.READ);
        Entry second = SharedDatabase.caller(ACME, Access.READ);
        Instant expires = soon();

        assertThat(
                        enter(
                                connection,
                                first,
                                expires,
                                proof(SharedDatabase.KEY, first, expires, pid(connection))))
                .isNull();
        assertThat(
                        enter(
                                connection,
                                second,
                                expires,
                                proof(SharedDatabase.KEY, second, expires, pid(connection))))
                .isEqualTo("SP004");
    }

    @Test
    void aLoginEntersOnlyForItsOwnTenant() throws Exception {
        Entry caller = SharedDatabase.caller(GLOBEX, Access.READ);
        Instant expires = soon();

        assertThat(
                        enter(
                                connection,
                                caller,
                                expires,
                                proof(SharedDatabase.KEY, caller, expires, pid(connection))))
                .isEqualTo("SP005");
    }

    @Test
    void aReadIsNotEnteredInATransactionThatWrites() throws Exception {
        connection.setReadOnly(false);
        Entry caller = SharedDatabase.caller(ACME, Access.READ);
        Instant expires = soon();

        assertThat(
                        enter(
                                connection,
                                caller,
                                expires,
                                proof(SharedDatabase.KEY, caller, expires, pid(connection))))
                .isEqualTo("SP007");
    }

    @Test
    void aContextIsOfNoUseInTheNextTransactionOrAnotherBackend() throws Exception {
        Entry caller = SharedDatabase.caller(ACME, Access.READ);
        Instant expires = soon();
        assertThat(
                        enter(
                                connection,
                                caller,
                                expires,
                                proof(SharedDatabase.KEY, caller, expires, pid(connection))))
                .isNull();
        String context;
        try (Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("select current_setting('sallyport.context')")) {
            rows.next();
            context = rows.getString(1);
        }
        connection.rollback();

        for (Connection replayed : new Connection[] {connection, loggedIn(ACME)}) {
            try (PreparedStatement statement =
                    replayed.prepareStatement(
                            "select set_config('sallyport.context', ?, false),"
                                    + " sallyport.claim('tenant'), count(*) from customers")) {
                statement.setString(1, context);
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    assertThat(rows.getString(2)).isNull();
                    assertThat(rows.getLong(3)).isZero();
                }
            }
        }
    }

    @Test
    void aRoleThatRisesAbovePoliciesIsRefused() throws Exception {
        shared.administer("alter role " + shared.login(GLOBEX) + " bypassrls");
        try (Connection other = loggedIn(GLOBEX)) {
            Entry caller = SharedDatabase.caller(GLOBEX, Access.READ);
            Instant expires = soon();

            assertThat(
                            enter(
                                    other,
                                    caller,
                                    expires,
                                    proof(SharedDatabase.KEY, caller, expires, pid(other))))
                    .isEqualTo("SP006");
        } finally {
            shared.administer("alter role " + shared.login(GLOBEX) + " nobypassrls");
        }
    }

    @Test
    void theKeyBeforeStaysValidForAWhile() throws Exception {
        try (Connection administrator = shared.administrator()) {
            Enrolment.enrol(administrator, shared.login(ACME), ACME, OTHER_KEY);
            for (SealKey key : new SealKey[] {OTHER_KEY, SharedDatabase.KEY}) {
                Entry caller = SharedDatabase.caller(ACME, Access.READ);
                Instant expires = soon();
                assertThat(
                                enter(
                                        connection,
                                        caller,
                                        expires,
                                        proof(key, caller, expires, pid(connection))))
                        .isNull();
                connection.rollback();
            }
            Enrolment.enrol(administrator, shared.login(ACME), ACME, SharedDatabase.KEY);
        }
    }
}
