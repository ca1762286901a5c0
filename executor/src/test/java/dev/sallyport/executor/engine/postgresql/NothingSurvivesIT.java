package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.schema.event.Access;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tenant has one connection, so that each call finds what the one before left. */
final class NothingSurvivesIT {
    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @BeforeAll
    static void share() throws Exception {
        shared = new SharedDatabase();
        shared.administer(
                """
                create schema tools;
                grant usage on schema tools to public;
                create function tools.run(command text) returns void language plpgsql as
                $$ begin execute command; end $$;
                create sequence tools.numbers;
                """);
        // the enrolment takes rights away; whoever keeps them must find nothing either
        for (String right :
                List.of(
                        "usage on sequence tools.numbers",
                        "temporary on database " + shared.databaseName(),
                        "execute on function pg_catalog.set_config(text, text, boolean)",
                        "execute on function pg_catalog.pg_advisory_lock(bigint)")) {
            shared.administer("grant " + right + " to " + shared.login(ACME));
        }
    }

    @AfterAll
    static void stop() throws SQLException {
        shared.close();
    }

    /**
     * Column {@code asked by}: the session itself, or an administrator by the session's process.
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    set search_path = tools                      | session | select current_setting('search_path')
                    set statement_timeout = 1                    | session | select current_setting('statement_timeout') <> '1ms'
                    set default_transaction_read_only = on       | session | select current_setting('default_transaction_read_only')
                    set time zone 'Asia/Tokyo'                   | session | select current_setting('TimeZone')
                    set datestyle = 'ISO, DMY'                   | session | select current_setting('DateStyle')
                    set bytea_output = 'escape'                  | session | select current_setting('bytea_output')
                    set extra_float_digits = -3                  | session | select current_setting('extra_float_digits')
                    set standard_conforming_strings = off        | session | select current_setting('standard_conforming_strings')
                    set intervalstyle = 'sql_standard'           | session | select current_setting('IntervalStyle')
                    set row_security = off                       | session | select current_setting('row_security')
                    set synchronous_commit = remote_write        | session | select current_setting('synchronous_commit')
                    set application_name = 'x'                   | admin   | select application_name from pg_stat_activity where pid = @PID@
                    set my.own = 'x'                             | session | select coalesce(current_setting('my.own', true), '') = ''
                    select set_config('my.own', 'x', false)      | session | select coalesce(current_setting('my.own', true), '') = ''
                    select tools.run('set my.own = 1')           | session | select coalesce(current_setting('my.own', true), '') = ''
                    select pg_advisory_lock(1)                   | admin   | select count(*) from pg_locks where locktype = 'advisory' and pid = @PID@
                    select pg_advisory_lock(n) from generate_series(1, 50) n | admin | select count(*) from pg_locks where locktype = 'advisory' and pid = @PID@
                    listen everything                            | session | select count(*) from pg_listening_channels()
                    prepare p as select 1                        | session | select count(*) from pg_prepared_statements
                    prepare "S_1" as select 1                    | session | select count(*) from pg_prepared_statements
                    select tools.run('prepare p as select 1')    | session | select count(*) from pg_prepared_statements
                    select tools.run('prepare "S_1" as select 1') | session | select count(*) from pg_prepared_statements
                    create temp table t as select 1              | admin   | select count(*) from pg_class where relname = 't' and relpersistence = 't'
                    create temp view v as select 1               | admin   | select count(*) from pg_class where relname = 'v'
                    create function pg_temp.f() returns int language sql return 1 | admin | select count(*) from pg_proc where proname = 'f'
                    select tools.run('create temp table customers as select 1') | session | select count(*) from customers
                    select tools.run('declare c cursor with hold for select 1') | session | select count(*) from pg_cursors where name = 'c'
                    declare c cursor with hold for select 1      | session | select count(*) from pg_cursors where name = 'c'
                    select nextval('tools.numbers')              | session | select tools.run('select lastval()')
                    """)
    void ofWhatACallDoesToItsSession(String call, String askedBy, String question)
            throws Exception {
        boolean bySession = askedBy.equals("session");
        assertThat(staysWithoutUs(call, bySession, question)).isTrue();
        List<String> before = bySession ? answer(question) : truth(question);
        boolean ran = false;
        for (Access access : Access.values()) {
            ran |= shared.run(ACME, access, call) instanceof Transaction.Done;

            assertThat(bySession ? answer(question) : truth(question)).isEqualTo(before);
        }
        assertThat(ran).isTrue();
    }

    /** Whether, in a session that nobody cleans, the question tells that the call was there. */
    private static boolean staysWithoutUs(String call, boolean bySession, String question)
            throws SQLException {
        String pid;
        boolean stays;
        try (Connection plain =
                        DriverManager.getConnection(
                                TestServers.postgres().jdbcUrl(shared.databaseName()),
                                shared.login(ACME),
                                SharedDatabase.PASSWORD);
                Statement statement = plain.createStatement()) {
            statement.execute("set lock_timeout = '5s'");
            pid = first(statement, "select pg_backend_pid()");
            String asked = question.replace("@PID@", pid);
            String before = bySession ? first(statement, asked) : shared.truth(asked).getFirst();
            statement.execute(call);
            String after = bySession ? first(statement, asked) : shared.truth(asked).getFirst();
            stays = !after.equals(before);
        }
        // what it made goes with its process, a little after the connection
        await().until(() ->
                shared.truth("select pid from pg_stat_activity where pid = " + pid).isEmpty());
        return stays;
    }

    private static String first(Statement statement, String question) {
        try (ResultSet rows = statement.executeQuery(question)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        } catch (SQLException e) {
            return "error " + e.getSQLState();
        }
    }

    /** What the administrator sees of the tenant's one session. */
    private static List<String> truth(String question) throws SQLException {
        String pid = shared.values(ACME, Access.READ, "select pg_backend_pid()").getFirst();
        return shared.truth(question.replace("@PID@", pid));
    }

    private static List<String> answer(String question) {
        return switch (shared.run(ACME, Access.READ, question)) {
            case Transaction.Done<List<String>> done -> done.value();
            case Transaction.DoneBefore<List<String>> _ -> throw new AssertionError("done before");
            case Transaction.Changed<List<String>> _ -> throw new AssertionError("changed");
            case Transaction.Failed<List<String>> failed ->
                    List.of("error " + failed.cause().getSQLState());
            case Transaction.Unknown<List<String>> unknown ->
                    throw new AssertionError("unknown", unknown.cause());
        };
    }

    @Test
    void aStatementOfACallersCannotTakeThePlaceOfOurs() {
        // the names that the driver would give to its prepared statements
        for (int i = 0; i < 20; i++) {
            var _ =
                    shared.run(
                            ACME,
                            Access.WRITE,
                            "select tools.run('prepare \"S_" + i + "\" as select 1')");
        }

        assertThat(shared.values(ACME, Access.READ, "select sallyport.claim('tenant')"))
                .containsExactly("acme");
    }

    @Test
    void theConnectionIsKeptForTheNextCall() {
        List<String> first = shared.values(ACME, Access.READ, "select pg_backend_pid()");
        var _ = shared.run(ACME, Access.READ, "select 1 / 0");
        shared.values(ACME, Access.WRITE, "update customers set name = name where id = 11");

        assertThat(shared.values(ACME, Access.READ, "select pg_backend_pid()")).isEqualTo(first);
    }
}
