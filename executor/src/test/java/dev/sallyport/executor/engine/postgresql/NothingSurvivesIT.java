package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.event.Access;
import java.sql.SQLException;
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
        shared.administer("grant usage on sequence tools.numbers to " + shared.login(ACME));
        // the enrolment takes it away; whoever keeps it must find nothing either
        shared.administer(
                "grant temporary on database "
                        + shared.databaseName()
                        + " to "
                        + shared.login(ACME));
    }

    @AfterAll
    static void stop() throws SQLException {
        shared.close();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    set search_path = tools                      | select current_setting('search_path')
                    set statement_timeout = 1                    | select current_setting('statement_timeout') <> '1ms'
                    set default_transaction_read_only = on       | select current_setting('default_transaction_read_only')
                    set time zone 'Asia/Tokyo'                   | select current_setting('TimeZone')
                    set datestyle = 'SQL, DMY'                   | select current_setting('DateStyle')
                    set bytea_output = 'escape'                  | select current_setting('bytea_output')
                    set extra_float_digits = -3                  | select current_setting('extra_float_digits')
                    set standard_conforming_strings = off        | select current_setting('standard_conforming_strings')
                    set intervalstyle = 'sql_standard'           | select current_setting('IntervalStyle')
                    set row_security = off                       | select current_setting('row_security')
                    set synchronous_commit = off                 | select current_setting('synchronous_commit')
                    set my.own = 'x'                             | select coalesce(current_setting('my.own', true), '') = ''
                    select set_config('my.own', 'x', false)      | select coalesce(current_setting('my.own', true), '') = ''
                    select set_config('sallyport.context', 'x', false) | select sallyport.claim('tenant')
                    select pg_advisory_lock(1)                   | select count(*) from pg_locks where locktype = 'advisory'
                    select pg_advisory_lock(n) from generate_series(1, 50) n | select count(*) from pg_locks where locktype = 'advisory'
                    listen everything                            | select count(*) from pg_listening_channels()
                    prepare p as select 1                        | select count(*) from pg_prepared_statements
                    prepare "S_1" as select 1                    | select count(*) from pg_prepared_statements
                    select tools.run('prepare p as select 1')    | select count(*) from pg_prepared_statements
                    select tools.run('prepare "S_1" as select 1') | select count(*) from pg_prepared_statements
                    select tools.run('deallocate all')           | select count(*) from pg_prepared_statements
                    select tools.run('set my.own = 1')           | select coalesce(current_setting('my.own', true), '') = ''
                    create temp table t as select 1              | select count(*) from pg_class where relnamespace = pg_my_temp_schema() and relkind = 'r'
                    create temp view v as select 1               | select count(*) from pg_class where relnamespace = pg_my_temp_schema()
                    create function pg_temp.f() returns int language sql return 1 | select count(*) from pg_proc where pronamespace = pg_my_temp_schema()
                    select tools.run('create temp table customers as select 1') | select count(*) from customers
                    select tools.run('declare c cursor with hold for select 1') | select count(*) from pg_cursors
                    declare c cursor with hold for select 1      | select count(*) from pg_cursors
                    select nextval('tools.numbers')              | select tools.run('select lastval()')
                    """)
    void ofWhatACallDoesToItsSession(String call, String question) {
        List<String> before = answer(question);
        for (Access access : Access.values()) {
            var _ = shared.run(ACME, access, call);

            assertThat(answer(question)).isEqualTo(before);
        }
    }

    private static List<String> answer(String question) {
        return switch (shared.run(ACME, Access.READ, question)) {
            case Transaction.Done<List<String>> done -> done.value();
            case Transaction.DoneBefore<List<String>> _ -> throw new AssertionError("done before");
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
