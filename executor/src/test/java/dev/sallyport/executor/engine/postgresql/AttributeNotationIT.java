package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.executor.engine.Finding;
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

/**
 * Functions of extensions and of the database's owner that a name after a dot calls, whatever the
 * gateway lists. One database is hardened with them in it, the other was hardened before they came.
 */
final class AttributeNotationIT {
    /** Functions of the owner's raise it, so that what they were called by is seen. */
    private static final String ACTED = "ZZ001";

    private static final String FORBIDDEN = "42501";

    private static final String OWN =
            """
            create type pair as (a int, b text);
            create domain positive as int check (value > 0);
            alter table customers add address pair default row(1, 'x')::pair;
            create function acts(customers) returns text language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create function acts_on_text(text) returns int language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create function acts_on_pair(pair) returns pair language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create function acts_on_record(record) returns int language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create function acts_on_any(anyelement) returns anyelement language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create function acts_on_array(int[]) returns int language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create function acts_on_domain(positive) returns int language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create function acts_by_default(customers, n int default 1, m text default '') returns int language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create function acts_on_many(variadic text[]) returns int language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create function rows_of(int) returns setof int language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create function "Acts ""odd"")"(customers) returns int language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create function tells(customers) returns int stable security definer language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create function step(int, int) returns int language plpgsql as
                $$ begin raise exception 'acted' using errcode = 'ZZ001'; end $$;
            create aggregate acts_on_all(int) (sfunc = step, stype = int, initcond = '0');
            create function plain(customers) returns text immutable language sql as $$ select $1.name $$;
            """;

    private static final List<String> EXTENSIONS =
            List.of(
                    "amcheck",
                    "citext",
                    "cube",
                    "dblink",
                    "earthdistance",
                    "file_fdw",
                    "fuzzystrmatch",
                    "hstore",
                    "intarray",
                    "isn",
                    "lo",
                    "ltree",
                    "pageinspect",
                    "pg_buffercache",
                    "pg_freespacemap",
                    "pg_logicalinspect",
                    "pg_prewarm",
                    "pg_surgery",
                    "pg_trgm",
                    "pg_visibility",
                    "pg_walinspect",
                    "pgcrypto",
                    "pgrowlocks",
                    "pgstattuple",
                    "postgres_fdw",
                    "sslinfo",
                    "tablefunc",
                    "unaccent",
                    "uuid-ossp",
                    "xml2");

    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase unhardened;

    @SuppressWarnings("NullAway.Init")
    private static Connection login;

    @SuppressWarnings("NullAway.Init")
    private static Connection loginOfUnhardened;

    @BeforeAll
    static void share() throws Exception {
        shared = new SharedDatabase();
        unhardened = new SharedDatabase();
        for (SharedDatabase database : List.of(shared, unhardened)) {
            database.administer(OWN);
            for (String extension : EXTENSIONS) {
                database.administer("create extension \"" + extension + "\"");
            }
        }
        harden(shared);
        login = connection(shared, shared.login(ACME));
        loginOfUnhardened = connection(unhardened, unhardened.login(ACME));
    }

    @AfterAll
    static void stop() throws SQLException {
        login.close();
        loginOfUnhardened.close();
        shared.close();
        unhardened.close();
    }

    private static Connection connection(SharedDatabase database, String role) throws SQLException {
        return DriverManager.getConnection(
                TestServers.postgres().jdbcUrl(database.databaseName()),
                role,
                SharedDatabase.PASSWORD);
    }

    private static List<String> harden(SharedDatabase database) throws SQLException {
        try (Connection administrator = database.administrator()) {
            return Enrolment.harden(administrator, List.of());
        }
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void assertFails(Connection connection, String sql, String sqlState) {
        assertThatThrownBy(() -> run(connection, sql))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(sqlState));
    }

    /** A row that any tenant may see, as nothing says who asks. */
    private static final String C =
            "(select row(1, 'acme', 'a', 2.5, row(1, 'b'))::customers as c) s";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select c.acts from customers c right join (select 1) one on true",
                "select (c).acts from " + C,
                "select (s.c).acts from " + C,
                "select ((select c from " + C + ")).acts",
                "select ((c).name).acts_on_text from " + C,
                "select ((c).address).acts_on_pair from " + C,
                "select (((c).address).b).acts_on_text from " + C,
                "select (((c).address).acts_on_pair).a from " + C,
                "select (row(1, 2)).acts_on_record",
                "select x.acts_on_record from (select 1 as a, 2 as b) x",
                "select (c).acts_on_any from " + C,
                "select x.acts_on_any from generate_series(1, 1) x",
                "select (array[(c).id]).acts_on_array from " + C,
                "select ((c).id::positive).acts_on_domain from " + C,
                "select (c).acts_by_default from " + C,
                "select (n).acts_on_many from (select 'a'::text as n) t",
                "select (1).rows_of",
                "select (c).\"Acts \"\"odd\"\")\" from " + C,
                "select (c).tells from " + C,
                "select ((c).id).acts_on_all from " + C,
                "select 1 from " + C + " order by (c).acts",
                "select 1 from " + C + " group by (c).acts",
                "select 1 from " + C + " where (c).acts is null",
                "select 1 from " + C + " join lateral (select (c).acts) l on true where l is null",
                "with w as materialized (select (c).acts from " + C + ") select * from w",
                "select case when (c).acts = '' then 1 end from " + C,
                "select array[(c).acts] from " + C,
                "select coalesce((c).acts, '') from " + C,
                "select ((c).acts)::text from " + C,
                "select count(*) filter (where (c).acts is null) from " + C,
                "select rank() over (order by (c).acts) from " + C,
                "values ((row(1, 2)).acts_on_record)",
                "select public.acts(c) from " + C,
            })
    void noNotationCallsWhatActs(String statement) {
        assertFails(loginOfUnhardened, statement, ACTED);
        assertFails(login, statement, FORBIDDEN);
    }

    @Test
    void neitherDoWritesOfOnesOwnRows() {
        String row = "(11, 'acme', 'another', 1, null)";
        for (String written :
                List.of(
                        "insert into customers as c values " + row + " returning c.acts",
                        "insert into customers as c select (1).rows_of",
                        "update customers c set balance = 1 where c.acts is null",
                        "delete from customers c using (select (1).rows_of) r")) {
            assertThatThrownBy(() -> shared.values(ACME, Access.WRITE, written))
                    .hasStackTraceContaining("permission denied for function");
        }
    }

    @Test
    void ofExtensionsNoActingFunctionIsLeft() throws Exception {
        String left =
                """
                select e.extname || '.' || p.proname
                from pg_proc p
                join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
                join pg_extension e on e.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass
                where p.provolatile = 'v' and p.prorettype <> 'trigger'::regtype
                    and 'internal'::regtype <> all (p.proargtypes) and 'cstring'::regtype <> all (p.proargtypes)
                    and p.prorettype not in ('internal'::regtype, 'cstring'::regtype, 'fdw_handler'::regtype)
                    and p.pronamespace <> 'pg_catalog'::regnamespace
                    and e.extname not in ('pgcrypto', 'uuid-ossp') and p.proname !~ '_fdw_validator$'
                    and has_function_privilege('%s', p.oid, 'EXECUTE')
                """;

        assertThat(shared.truth(left.formatted(shared.login(ACME)))).isEmpty();
        assertThat(unhardened.truth(left.formatted(unhardened.login(ACME))))
                .contains("dblink.dblink", "pgrowlocks.pgrowlocks", "pg_prewarm.pg_prewarm");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select (n).pgrowlocks from (select 'customers'::text as n) t",
                "select (n).pg_prewarm from (select 'pg_class'::regclass as n) t",
                "select (n).dblink_connect from (select 'dbname=x'::text as n) t",
                "select (n).crosstab from (select 'select 1'::text as n) t",
                "select (n).crosstab2 from (select 'select 1'::text as n) t",
                "select (n).xml_valid from (select '<a/>'::text as n) t",
                "select (n).set_limit from (select 0.1::real as n) t",
                "select (n).postgres_fdw_disconnect from (select 'a'::text as n) t",
                "select pgrowlocks('customers')",
                "select crosstab('select 1', 'select 2')"
            })
    void whatAnExtensionShowsOrDoesIsOutOfReach(String statement) {
        assertFails(login, statement, FORBIDDEN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select gen_random_uuid(), crypt('a', gen_salt('bf', 4)), gen_random_bytes(2), digest('a', 'sha256')",
                "select pgp_sym_decrypt(pgp_sym_encrypt('a', 'b'), 'b')",
                "select uuid_generate_v4(), uuid_generate_v1()",
                "select 'a=>1'::hstore -> 'a', hstore('a', 'b') || hstore(row(1, 2))",
                "select 'A'::citext = 'a'::citext, 'A'::citext like 'a%'",
                "select similarity('a', 'ab'), 'abc' % 'abd', show_trgm('a')",
                "select unaccent('é'), levenshtein('a', 'b'), soundex('a')",
                "select '{1,2}'::int[] && '{2}'::int[], 'a.b'::ltree @> 'a.b.c'",
                "select cube(1) <-> cube(2), earth_distance(ll_to_earth(1, 2), ll_to_earth(3, 4))",
                "select '978-0-393-04002-9'::isbn",
                "select c.plain from customers c"
            })
    void whatComputesStays(String statement) {
        assertThatCode(() -> run(login, statement)).doesNotThrowAnyException();
    }

    /** Whatever an extension's view shows, it is not the caller's own rows. */
    @Test
    void viewsOfExtensionsAreTakenAndGivenBack() throws Exception {
        try (SharedDatabase other = new SharedDatabase();
                Connection administrator = other.administrator();
                Connection own = connection(other, other.login(ACME))) {
            other.administer(
                    "create extension hstore; create view spied as select 1; grant select on spied to public;"
                            + " alter extension hstore add view spied");
            run(own, "select * from spied");
            assertThat(Enrolment.doctor(administrator, other.login(ACME)))
                    .anySatisfy(f -> assertThat(f.object()).contains("select on spied"));

            assertThat(harden(other)).contains("revoke select on public.spied from public");
            assertFails(own, "select * from spied", FORBIDDEN);

            Enrolment.soften(administrator);
            run(own, "select * from spied");

            harden(other);
            other.administer("drop extension hstore");
            Enrolment.soften(administrator);
            run(own, "select * from pg_locks");
        }
    }

    @Test
    void whatTablesAndViewsNeedStays() throws Exception {
        try (SharedDatabase other = new SharedDatabase()) {
            String acme = other.login(ACME);
            other.administer(
                    """
                    create function helper(t text) returns text language plpgsql as $$ begin return t; end $$;
                    create function visible(t text) returns boolean language plpgsql as $$ begin return HELPER(t) = t; end $$;
                    create function next_code(t text) returns text language plpgsql as $$ begin return t || random(); end $$;
                    create function checked(t text) returns boolean language plpgsql as $$ begin return true; end $$;
                    create function stamped(t text) returns text language plpgsql as $$ begin return t; end $$;
                    create function shown(t text) returns text language plpgsql as $$ begin return t; end $$;
                    create function in_body(t text) returns text language plpgsql as $$ begin return t; end $$;
                    create function body(t text) returns text return in_body(t);
                    create function below(a int, b int) returns boolean language plpgsql as $$ begin return a < b; end $$;
                    create operator <<< (leftarg = int, rightarg = int, function = below);
                    create function stamp() returns trigger language plpgsql as
                        $$ begin new.stamp := stamped(new.code); return new; end $$;
                    create table codes (
                        code text default next_code('a') check (checked(code)), stamp text, body text default body('b'));
                    create trigger stamp before insert on codes for each row execute function stamp();
                    create view shown_codes with (security_invoker = true) as select shown(code) as code from codes;
                    alter table codes enable row level security;
                    create policy visible on codes using (visible(code));
                    create function spare(t text) returns text language plpgsql as $$ begin return t; end $$;
                    grant all on codes, shown_codes to %s;
                    """
                            .formatted(acme));
            List<String> ran = harden(other);

            try (Connection own = connection(other, acme)) {
                run(own, "insert into codes default values");
                run(own, "select * from shown_codes where 1 <<< 2");
                assertFails(own, "select spare('a')", FORBIDDEN);
            }
            assertThat(String.join("\n", ran))
                    .contains("revoke execute on function public.spare(text) from public")
                    .doesNotContain(
                            "public.helper", "public.visible", "public.below", "public.stamped");
            try (Connection administrator = other.administrator()) {
                assertThat(Enrolment.doctor(administrator, acme))
                        .filteredOn(f -> f.severity() == Finding.Severity.ADVICE)
                        .anySatisfy(f ->
                                assertThat(f.object())
                                        .contains("visible(text)", "below(integer,integer)"));
            }
        }
    }

    @Test
    void rolesOfTheDatabaseKeepThemAndLaterLoginsDoNot() throws Exception {
        try (SharedDatabase other = new SharedDatabase();
                Connection administrator = other.administrator()) {
            String app = "app_of_" + other.databaseName();
            String late = "late_of_" + other.databaseName();
            String stranger = "stranger_of_" + other.databaseName();
            for (String role : List.of(app, late, stranger)) {
                SharedDatabase.createLogin(administrator, role);
            }
            other.administer("grant select on customers to " + app + ", " + late);
            other.administer(OWN);
            harden(other);
            String act = "select acts_on_text('a')";
            try (Connection application = connection(other, app);
                    Connection later = connection(other, late);
                    Connection strange = connection(other, stranger)) {
                assertFails(application, act, ACTED);
                assertFails(later, act, ACTED);
                assertFails(strange, act, FORBIDDEN);

                Enrolment.enrol(administrator, late, GLOBEX, SharedDatabase.KEY);

                assertFails(application, act, ACTED);
                assertFails(later, act, FORBIDDEN);

                // the registry entry names it: the owner grants it
                other.administer("grant execute on function acts_on_text(text) to " + late);
                Enrolment.enrol(administrator, late, GLOBEX, SharedDatabase.KEY);
                assertFails(later, act, ACTED);
                assertThat(harden(other)).isEmpty();
                assertThat(Enrolment.doctor(administrator, late))
                        .filteredOn(f -> f.severity() != Finding.Severity.ADVICE)
                        .noneSatisfy(f -> assertThat(f.object()).contains("acts_on_text"));
            }
        }
    }

    @Test
    void theDoctorNamesThoseThatCameAfterTheHardening() throws Exception {
        try (Connection administrator = unhardened.administrator()) {
            assertThat(Enrolment.doctor(administrator, unhardened.login(ACME)))
                    .filteredOn(f -> f.severity() == Finding.Severity.CAUTION)
                    .anySatisfy(f -> assertThat(f.object()).contains("more"));
        }
        try (Connection administrator = shared.administrator()) {
            assertThat(Enrolment.doctor(administrator, shared.login(ACME)))
                    .filteredOn(f -> f.severity() == Finding.Severity.CAUTION)
                    .noneSatisfy(f -> assertThat(f.object()).contains("function"));
        }
    }

    @Test
    void itIsUndoneThoughFunctionsAndRolesAreGoneSince() throws Exception {
        try (SharedDatabase other = new SharedDatabase();
                Connection administrator = other.administrator()) {
            String app = "gone_of_" + other.databaseName();
            SharedDatabase.createLogin(administrator, app);
            other.administer("grant select on customers to " + app);
            other.administer(OWN);
            String rights =
                    "select p.oid::regprocedure || coalesce(array(select a::text from unnest(proacl) a order by 1)::text, '')"
                            + " from pg_proc p where pronamespace = 'public'::regnamespace order by 1";
            harden(other);
            List<String> hardened = other.truth(rights);
            assertThat(harden(other)).isEmpty();

            int noted = other.truth("select step from sallyport.hardening").size();
            assertThat(Enrolment.soften(administrator)).hasSize(noted + 1);
            try (Connection own = connection(other, other.login(ACME))) {
                assertFails(own, "select acts_on_text('a')", ACTED);
            }
            List<String> printed = Enrolment.hardening(administrator, List.of());
            run(administrator, String.join(";", printed));
            assertThat(other.truth(rights)).isEqualTo(hardened);

            other.administer("drop function acts_on_text(text)");
            other.administer("drop owned by " + app + "; drop role " + app);
            assertThat(Enrolment.softening(administrator)).isNotEmpty();
            Enrolment.soften(administrator);
            try (Connection own = connection(other, other.login(ACME))) {
                assertFails(own, "select (row(1, 2)).acts_on_record", ACTED);
            }
        }
    }
}
