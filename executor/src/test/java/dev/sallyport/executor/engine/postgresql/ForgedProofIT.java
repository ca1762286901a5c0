package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.executor.engine.Caller;
import dev.sallyport.executor.engine.postgresql.Seal.Kind;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.id.TenantId;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Someone who has an agent's password, and even proofs, but not the executor's key. */
final class ForgedProofIT {
    private static final SealKey OTHER_KEY = SealKey.of("another key that has 32 bytes or more");
    private static final String COUNT = "select count(*) from customers";

    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @SuppressWarnings("NullAway.Init")
    private Connection connection;

    @SuppressWarnings("NullAway.Init")
    private Seal seal;

    @BeforeAll
    static void share() throws Exception {
        shared = new SharedDatabase();
        shared.administer(
                """
                create function public.claimed() returns text language plpgsql stable parallel safe as
                $$ begin return sallyport.claim('tenant'); end $$;
                create function public.run(query text) returns bigint language plpgsql as
                $$ declare n bigint; begin execute query into n; return n; end $$;
                create table large as select n from generate_series(1, 20000) n;
                alter table large set (parallel_workers = 2);
                grant select on large to public;
                create table noted (said text);
                create function public.note() returns trigger language plpgsql security definer as
                $$ begin insert into noted values (coalesce(sallyport.claim('tenant'), 'null')); return null; end $$;
                create table deferring (n integer);
                create constraint trigger late after insert on deferring deferrable initially deferred
                    for each row execute function public.note();
                grant insert on deferring to public;
                create table cleaned (n integer, said text);
                create function public.said() returns text language plpgsql immutable as
                $$ begin return coalesce(sallyport.claim('tenant'), 'none'); end $$;
                create index on cleaned ((n::text || public.said()));
                insert into cleaned values (1);
                """);
    }

    @AfterAll
    static void stop() throws SQLException {
        shared.close();
    }

    @BeforeEach
    void connect() throws SQLException {
        connection = loggedIn(ACME);
        seal = sealOf(connection);
    }

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
    }

    /** In simple query mode, so that a statement is one message with its comment in front. */
    private static Connection loggedIn(TenantId tenant) throws SQLException {
        Connection connection =
                DriverManager.getConnection(
                        TestServers.postgres().jdbcUrl(shared.databaseName())
                                + "?preferQueryMode=simple",
                        shared.login(tenant),
                        SharedDatabase.PASSWORD);
        execute(connection, "set default_transaction_read_only = on");
        return connection;
    }

    private static Seal sealOf(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("select pg_backend_pid(), inet_client_port()")) {
            rows.next();
            return new Seal(rows.getInt(1), rows.getInt(2));
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The first value, or the SQLSTATE of the error. */
    private static String answer(Connection connection, String sql) {
        try (Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return "done";
            }
            try (ResultSet rows = statement.getResultSet()) {
                return rows.next() ? String.valueOf(rows.getString(1)) : "none";
            }
        } catch (SQLException e) {
            return "error " + e.getSQLState();
        }
    }

    private static long soon() {
        return Instant.now().getEpochSecond() + 30;
    }

    private static String prefix(Seal seal, Kind kind) {
        return seal.prefix(SharedDatabase.KEY, SharedDatabase.caller(ACME), kind, soon());
    }

    @Test
    void theRightProofLetsIn() {
        Caller caller = SharedDatabase.caller(ACME);
        String prefix = seal.prefix(SharedDatabase.KEY, caller, Kind.READ, soon());

        assertThat(answer(connection, prefix + COUNT)).isEqualTo("3");
        assertThat(answer(connection, prefix + "select sallyport.claim('subject')"))
                .isEqualTo("alice@acme");
        assertThat(answer(connection, prefix + "select sallyport.claim('call')"))
                .isEqualTo(caller.call().toString());
        assertThat(answer(connection, prefix + "select sallyport.claim('kind')")).isEqualTo("read");
    }

    @Test
    void withoutAContextNothingIsVisible() {
        assertThat(answer(connection, COUNT)).isEqualTo("0");
    }

    @Test
    void aPrefixCountsOnlyInFront() {
        String prefix = prefix(seal, Kind.READ);

        for (String before : List.of(" ", "/**/", "-- x\n", "\t", "select 1; ", "\uFEFF")) {
            assertThat(answer(connection, before + prefix + COUNT)).as(before).isNotEqualTo("3");
        }
        assertThat(answer(connection, "/*" + prefix + "*/" + COUNT)).isEqualTo("0");
        assertThat(answer(connection, "/*sp2 */" + prefix + COUNT)).isEqualTo("error SP002");
        assertThat(answer(connection, "select run('" + prefix + COUNT + "')")).isEqualTo("0");
        execute("prepare p as " + prefix + COUNT);
        assertThat(answer(connection, "execute p")).isEqualTo("0");
    }

    private void execute(String sql) {
        assertThat(answer(connection, sql)).isEqualTo("done");
    }

    @Test
    void anotherKeyProvesNothingAndIsAnError() {
        String forged = seal.prefix(OTHER_KEY, SharedDatabase.caller(ACME), Kind.READ, soon());

        assertThat(answer(connection, forged + COUNT)).isEqualTo("error SP002");
    }

    @Test
    void aProofOfAnotherProcessOrPortProvesNothing() throws Exception {
        try (Connection other = loggedIn(ACME)) {
            assertThat(answer(connection, prefix(sealOf(other), Kind.READ) + COUNT))
                    .isEqualTo("error SP002");
        }
        for (Seal false_ :
                List.of(
                        new Seal(seal.backendPid(), seal.clientPort() + 1),
                        new Seal(seal.backendPid() + 1, seal.clientPort()))) {
            assertThat(answer(connection, prefix(false_, Kind.READ) + COUNT))
                    .isEqualTo("error SP002");
        }
    }

    @Test
    void aProofForOtherClaimsProvesNothing() {
        String prefix = prefix(seal, Kind.READ);
        for (String changed :
                List.of(
                        prefix.replace(" acme ", " globex "),
                        prefix.replaceFirst(" acme \\S+", " acme Ym9i"),
                        prefix.replace(" read ", " write "),
                        prefix.replaceFirst("\\d\\*/$", "*/"),
                        prefix.replaceFirst("\\*/$", "0*/"),
                        prefix.replaceFirst("\\*/$", " */"),
                        prefix.replaceFirst("sp2 .", "sp2 g"))) {
            assertThat(changed).isNotEqualTo(prefix);
            assertThat(answer(connection, changed + COUNT)).isEqualTo("error SP002");
        }
    }

    @Test
    void aLoginProvesOnlyItsOwnTenantWhateverTheKey() {
        String prefix =
                seal.prefix(SharedDatabase.KEY, SharedDatabase.caller(GLOBEX), Kind.READ, soon());

        assertThat(answer(connection, prefix + COUNT)).isEqualTo("error SP005");
    }

    @Test
    void aProofRunsOutAndIsNotMadeFarAhead() {
        for (long off : new long[] {-2, 200}) {
            String prefix =
                    seal.prefix(
                            SharedDatabase.KEY,
                            SharedDatabase.caller(ACME),
                            Kind.READ,
                            Instant.now().getEpochSecond() + off);
            assertThat(answer(connection, prefix + COUNT)).isEqualTo("error SP003");
        }
    }

    @Test
    void aKindIsGoodForNothingElse() throws Exception {
        String enter = "select sallyport.enter()";
        assertThat(answer(connection, prefix(seal, Kind.WRITE) + COUNT)).isEqualTo("error SP007");
        execute("set default_transaction_read_only = off");
        assertThat(answer(connection, prefix(seal, Kind.READ) + COUNT)).isEqualTo("error SP007");
        assertThat(answer(connection, prefix(seal, Kind.ENTER) + COUNT)).isEqualTo("error SP007");
        for (Kind kind : List.of(Kind.READ, Kind.WRITE, Kind.COMMIT, Kind.SETTLE)) {
            assertThat(answer(connection, prefix(seal, kind) + enter)).isEqualTo("error SP007");
        }
        for (Kind kind : List.of(Kind.READ, Kind.WRITE, Kind.COMMIT, Kind.ENTER)) {
            assertThat(answer(connection, prefix(seal, kind) + "select sallyport.settle(1)"))
                    .isEqualTo("error SP007");
        }
        assertThat(answer(connection, enter)).isEqualTo("error SP002");
        assertThat(answer(connection, "select sallyport.settle(1)")).isEqualTo("error SP002");
        assertThat(
                        shared.truth(
                                "select count(*) from sallyport.ledger where subject like"
                                        + " 'alice%'"))
                .containsExactly("0");
    }

    @Test
    void aWorkerProvesNothing() {
        execute("set debug_parallel_query = on");
        execute("set parallel_setup_cost = 0");
        execute("set parallel_tuple_cost = 0");
        execute("set min_parallel_table_scan_size = 0");

        assertThat(
                        answer(
                                connection,
                                prefix(seal, Kind.READ)
                                        + "select count(*) from large where claimed() = 'acme'"))
                .isEqualTo("error SP002");
    }

    @Test
    void aDeferredTriggerHasTheWritersContext() throws Exception {
        assertThat(shared.run(ACME, Access.WRITE, "insert into deferring values (1)"))
                .isInstanceOf(Transaction.Done.class);

        assertThat(shared.truth("select said from noted")).containsExactly("acme");
    }

    @Test
    void anImplicitCommitAndMaintenanceHaveNoContextAndNoError() throws Exception {
        assertThat(shared.truth("select sallyport.claim('tenant')")).containsExactly((String) null);
        // ANALYZE evaluates the index's expression, as autovacuum does
        shared.administer("analyze cleaned");
    }

    @Test
    void theKeyBeforeStaysValidForAWhileForItsLoginOnly() throws Exception {
        try (Connection administrator = shared.administrator();
                Connection other = loggedIn(GLOBEX)) {
            Enrolment.enrol(administrator, shared.login(ACME), ACME, OTHER_KEY);
            try {
                for (SealKey key : List.of(OTHER_KEY, SharedDatabase.KEY)) {
                    String prefix =
                            seal.prefix(key, SharedDatabase.caller(ACME), Kind.READ, soon());
                    assertThat(answer(connection, prefix + COUNT)).isEqualTo("3");
                }
                Caller globex = SharedDatabase.caller(GLOBEX);
                Seal its = sealOf(other);
                assertThat(answer(other, its.prefix(OTHER_KEY, globex, Kind.READ, soon()) + COUNT))
                        .isEqualTo("error SP002");
                assertThat(
                                answer(
                                        other,
                                        its.prefix(SharedDatabase.KEY, globex, Kind.READ, soon())
                                                + COUNT))
                        .isEqualTo("3");
                shared.administer("update sallyport.login set before_until = now()");
                assertThat(answer(connection, prefix(seal, Kind.READ) + COUNT))
                        .isEqualTo("error SP002");
            } finally {
                Enrolment.enrol(administrator, shared.login(ACME), ACME, SharedDatabase.KEY);
            }
        }
    }

    @Test
    void aRoleThatRisesAbovePoliciesIsRefused() throws Exception {
        shared.administer("alter role " + shared.login(GLOBEX) + " bypassrls");
        try (Connection other = loggedIn(GLOBEX)) {
            assertThat(answer(other, "select sallyport.open(2)")).isEqualTo("error SP006");
            assertThat(answer(other, "select sallyport.open(1)")).isEqualTo("error SP014");
        } finally {
            shared.administer("alter role " + shared.login(GLOBEX) + " nobypassrls");
        }
    }
}
