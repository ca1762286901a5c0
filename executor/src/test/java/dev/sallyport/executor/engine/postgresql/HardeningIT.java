package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.schema.event.Access;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the login can do in the database itself, with nobody in front of it. */
final class HardeningIT {
    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @SuppressWarnings("NullAway.Init")
    private static Connection login;

    @BeforeAll
    static void connect() throws Exception {
        shared = new SharedDatabase();
        login = connection(shared, shared.login(ACME));
    }

    @AfterAll
    static void stop() throws SQLException {
        login.close();
        shared.close();
    }

    private static Connection connection(SharedDatabase database, String role) throws SQLException {
        return DriverManager.getConnection(
                TestServers.postgres().jdbcUrl(database.databaseName()),
                role,
                SharedDatabase.PASSWORD);
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    // cases A2, A3, A4, A5, A6, A7, A8, A9 and others of their kinds
    @ParameterizedTest
    @ValueSource(
            strings = {
                "select (l.pid).pg_terminate_backend from (select 1 as pid) l",
                "select pg_cancel_backend(1)",
                "select (4711).pg_stat_get_activity",
                "select pg_stat_get_backend_activity(1)",
                "select * from pg_stat_activity",
                "select * from pg_stat_user_tables",
                "select pg_stat_get_tuples_updated('customers'::regclass)",
                "select pg_stat_get_live_tuples('customers'::regclass)",
                "select * from pg_statio_user_tables",
                "select * from pg_locks",
                "select * from pg_lock_status()",
                "select pg_blocking_pids(1)",
                "select * from pg_stats",
                "select * from pg_stats_ext",
                "select rolname from pg_roles",
                "select usename from pg_user",
                "select * from pg_auth_members",
                "select * from pg_db_role_setting",
                "select datname from pg_database",
                "select reltuples from pg_class",
                "select relpages from pg_class",
                "select last_value from pg_sequences",
                "select sequencename from pg_sequences",
                "select * from pg_get_replication_slots()",
                "select pg_relation_size('customers')",
                "select pg_total_relation_size('customers')",
                "select pg_database_size(current_database())",
                "select pg_current_wal_lsn()",
                "select (77::bigint).pg_advisory_lock",
                "select pg_try_advisory_lock(1, 2)",
                "select pg_advisory_xact_lock_shared(1)",
                "select (0.42::float8).setseed",
                "select pg_notify('a', 'b')",
                "select pg_logical_emit_message(true, 'a', 'b')",
                "select * from ts_stat('select to_tsvector(name) from customers')",
                "select query_to_xml('select 1', true, true, '')",
                "select table_to_xml('customers', true, true, '')",
                "select ts_rewrite('a'::tsquery, 'select ''a''::tsquery, ''b''::tsquery')",
                "select lo_create(0)",
                "select age(x) from unnest(array['3'::xid]) x",
                "select mxid_age('3'::xid)",
                "select set_config('synchronous_commit', 'off', false)",
                "update pg_settings set setting = 'off' where name = 'synchronous_commit'",
                "select pg_export_snapshot()",
                "create temporary table t (n int)",
                "create table public.t (n int)",
                "create schema s"
            })
    void theLoginCannot(String statement) {
        assertThatThrownBy(() -> run(login, statement))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select random(), gen_random_uuid(), clock_timestamp(), now(), pg_sleep(0)",
                "select array_sample(array[1, 2], 1), array_shuffle(array[1, 2])",
                "select * from pg_partition_tree('customers'), pg_partition_ancestors('customers')",
                "select count(*) from customers where name ~ 'a' and name like '%b%' or balance between 1 and 2",
                "select '1'::text::int, 1::text::numeric, '{1,2}'::int[], '2026-01-01'::date + 1",
                "select to_char(now(), 'YYYY'), date_trunc('day', now()), age(now()), extract(year from now())",
                "select jsonb_agg(c), json_build_object('a', 1), string_agg(name, ','), array_agg(id) from customers c",
                "select to_tsvector('a') @@ to_tsquery('a'), ts_rank(to_tsvector('a'), to_tsquery('a'))",
                "select row_number() over (order by id), percentile_cont(0.5) within group (order by balance) from customers group by id, balance"
            })
    void anUsualStatementRuns(String statement) {
        assertThatCode(() -> run(login, statement)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from information_schema.columns",
                "select * from information_schema.domains",
                "select * from information_schema.attributes",
                "select * from information_schema.sequences",
                "select * from information_schema.table_constraints",
                "select * from information_schema.key_column_usage",
                "select * from information_schema.referential_constraints",
                "select relname, relkind from pg_class where oid = 'customers'::regclass",
                "select * from pg_tables",
                "select * from pg_indexes",
                "select * from pg_views",
                "select name, setting from pg_settings",
                "select pg_get_constraintdef(oid), pg_get_userbyid(10) from pg_constraint",
                "select format_type(atttypid, atttypmod) from pg_attribute",
                "show server_version"
            })
    void structureIsSeen(String statement) {
        assertThatCode(() -> run(login, statement)).doesNotThrowAnyException();
    }

    @Test
    void ofItsSettingsNoneMakesACommitLessDurable() throws Exception {
        // cases A9 and A10: no right forbids a login its own settings
        shared.administer(
                "alter role "
                        + shared.login(ACME)
                        + " set synchronous_commit = off;"
                        + "create table seen (setting text);"
                        + "alter function sallyport.settle(bigint) rename to settle_then;"
                        + "create function sallyport.settle(n bigint) returns void language plpgsql"
                        + " security definer as $$ begin perform sallyport.settle_then(n);"
                        + " insert into public.seen values (current_setting('synchronous_commit')); end"
                        + " $$;"
                        + "grant execute on function sallyport.settle(bigint) to "
                        + shared.login(ACME));

        shared.values(ACME, Access.WRITE, "update customers set balance = 1 where id = 11");

        assertThat(shared.truth("select setting from seen")).containsExactly("on");
    }

    // case A10
    @Test
    void startUpSettingsWinOverThoseThatALoginGivesItself() throws Exception {
        try (SharedDatabase other = new SharedDatabase()) {
            try (Connection own = connection(other, other.login(ACME))) {
                run(own, "alter role current_user set search_path = information_schema");
                run(own, "alter role current_user set row_security = off");
                run(own, "alter role current_user set standard_conforming_strings = off");
            }

            assertThat(
                            other.values(
                                    ACME,
                                    Access.READ,
                                    "select current_setting('search_path'),"
                                            + " current_setting('row_security'),"
                                            + " current_setting('standard_conforming_strings')"))
                    .containsExactly("\"$user\",public", "on", "on");
        }
    }

    @Test
    void hardeningIsIdempotentUndoneAndPrinted() throws Exception {
        try (SharedDatabase other = new SharedDatabase();
                Connection administrator = other.administrator()) {
            String rights =
                    "select md5(string_agg(x, ',' order by x)) from (select oid || array(select a::text from"
                            + " unnest(proacl) a order by 1)::text x from pg_proc where pronamespace ="
                            + " 'pg_catalog'::regnamespace and exists (select from aclexplode(proacl) a"
                            + " where a.grantee <> proowner) union all select oid || array(select a::text from"
                            + " unnest(relacl) a order by 1)::text from pg_class where relnamespace ="
                            + " 'pg_catalog'::regnamespace) r";
            assertThat(Enrolment.harden(administrator, List.of())).isEmpty();
            List<String> hardened = other.truth(rights);

            assertThat(Enrolment.soften(administrator)).isNotEmpty();
            try (Connection soft = connection(other, other.login(ACME))) {
                run(soft, "select * from pg_locks");
                run(soft, "select pg_advisory_lock(1)");
                run(soft, "select reltuples from pg_class");
            }
            assertThat(Enrolment.doctor(administrator, other.login(ACME)))
                    .anySatisfy(f -> assertThat(f.object()).contains("more"));

            List<String> printed = Enrolment.hardening(administrator, List.of());
            try (Statement statement = administrator.createStatement()) {
                statement.execute(String.join(";", printed));
            }
            assertThat(other.truth(rights)).isEqualTo(hardened);
        }
    }

    @Test
    void theOwnersRolesKeepWhatTheyAreNamedFor() throws Exception {
        String app = "app_of_" + shared.databaseName();
        try (Connection administrator = shared.administrator()) {
            SharedDatabase.createLogin(administrator, app);
            Enrolment.harden(administrator, List.of(app));

            try (Connection application = connection(shared, app)) {
                run(application, "select pg_advisory_lock(1), reltuples from pg_class limit 1");
                run(application, "create temporary table t (n int)");
            }
            assertThat(Enrolment.harden(administrator, List.of(app))).isEmpty();
            assertThatThrownBy(() -> Enrolment.harden(administrator, List.of(shared.login(ACME))))
                    .isInstanceOf(ExecutorException.class);
        }
    }
}
