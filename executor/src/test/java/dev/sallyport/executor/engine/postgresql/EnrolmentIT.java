package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.executor.engine.Caller;
import dev.sallyport.executor.engine.Finding;
import dev.sallyport.executor.engine.Finding.Severity;
import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.id.TenantId;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EnrolmentIT {
    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @SuppressWarnings("NullAway.Init")
    private static Connection administrator;

    @BeforeAll
    static void share() throws Exception {
        shared = new SharedDatabase();
        administrator = shared.administrator();
        shared.administer(
                """
                create role helper_of_enrolment;
                create schema app;
                create table app.orders (tenant_id text, total integer);
                create domain app.tenant_name as text;
                create type app."Tenant's kind" as enum ('acme', 'globex');
                """);
    }

    @AfterAll
    static void stop() throws SQLException {
        administrator.close();
        shared.close();
    }

    private static String role() {
        return shared.login(ACME);
    }

    private static List<Finding> findings() {
        return findings(role());
    }

    /** But for the advice, which the table of customers asks for. */
    private static List<Finding> findings(String login) {
        return Enrolment.doctor(administrator, login).stream()
                .filter(finding -> finding.severity() != Severity.ADVICE)
                .toList();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    grant usage on schema app to R; grant select on app.orders to R | revoke usage on schema app from R; revoke all on app.orders from R | table app.orders
                    create table public.open (a int); grant select on public.open to R | drop table public.open | table public.open
                    create table public.open (a int); grant select (a) on public.open to R | drop table public.open | table public.open
                    create table public.open (a int); grant insert on public.open to public | drop table public.open | table public.open
                    alter table customers no force row level security | alter table customers force row level security | table public.customers
                    alter table customers disable row level security | alter table customers enable row level security | table public.customers
                    create policy wide on customers using (true) | drop policy wide on customers | policy wide on public.customers
                    create policy wide on customers for select to R using (tenant_id = current_setting('app.tenant')) | drop policy wide on customers | policy wide on public.customers
                    create policy wide on customers using (tenant_id = (select sallyport.claim('tenant')) or true) | drop policy wide on customers | policy wide on public.customers
                    create policy wide on customers using (tenant_id = (select sallyport.claim('subject'))) | drop policy wide on customers | policy wide on public.customers
                    create policy wide on customers using (tenant_id = (select sallyport.claim('tenant'))) with check (true) | drop policy wide on customers | policy wide on public.customers
                    create policy wide on customers for insert with check (true) | drop policy wide on customers | policy wide on public.customers
                    create policy wide on customers using (id = (select sallyport.claim('tenant'))::int or ((name is not null) is true and id is not null)) | drop policy wide on customers | policy wide on public.customers
                    create policy wide on customers using (id = (select sallyport.claim('tenant'))::int or (pg_jit_available() and (balance = 1))) | drop policy wide on customers | policy wide on public.customers
                    create policy wide on customers using (tenant_id = (select sallyport.claim('tenant'))::varchar(4)) | drop policy wide on customers | policy wide on public.customers
                    create policy wide on customers using (current_user = (select sallyport.claim('tenant'))) | drop policy wide on customers | policy wide on public.customers
                    grant truncate on customers to R | revoke truncate on customers from R | table public.customers
                    grant references on customers to R | revoke references on customers from R | table public.customers
                    grant trigger on customers to R | revoke trigger on customers from R | table public.customers
                    create view names as select name from customers; grant select on names to R | drop view names | view public.names
                    create materialized view names as select name from customers; grant select on names to R | drop materialized view names | materialized view public.names
                    create function public.all_names() returns setof text language sql security definer return (select name from customers limit 1) | drop function public.all_names | function all_names()
                    grant create on schema public to R | revoke create on schema public from R | schema public
                    grant create on database D to R | revoke create on database D from R | database D
                    grant select on sallyport.login to R | revoke all on sallyport.login from R | sallyport.login
                    grant select (rows_affected) on sallyport.ledger to R | revoke all on sallyport.ledger from R | sallyport.ledger
                    grant execute on function sallyport.proved(text[]) to R | revoke execute on function sallyport.proved(text[]) from R | sallyport.proved(text[])
                    create function public.mine() returns text language sql immutable as 'select sallyport.claim(''tenant'')' | drop function public.mine | function mine()
                    create function public.mine() returns text language sql immutable return sallyport.claim('tenant') | drop function public.mine | function mine()
                    alter role R bypassrls | alter role R nobypassrls | role R
                    alter role R inherit | alter role R noinherit | role R
                    alter role R createrole | alter role R nocreaterole | role R
                    grant helper_of_enrolment to R | revoke helper_of_enrolment from R | role R
                    update sallyport.login set tenant = null where role = 'R'; alter role R reset track_activities | update sallyport.login set tenant = 'acme' where role = 'R'; alter role R set track_activities = off | role R
                    """)
    void theDoctorFinds(String harm, String cure, String object) throws Exception {
        assertThat(findings()).isEmpty();
        shared.administer(named(harm));
        try {
            assertThat(findings())
                    .anySatisfy(finding -> {
                        assertThat(finding.severity()).isEqualTo(Severity.LEAK);
                        assertThat(finding.object()).isEqualTo(named(object));
                        assertThat(finding.remedy()).isNotBlank();
                    });
        } finally {
            shared.administer(named(cure));
        }
        assertThat(findings()).isEmpty();
    }

    private static String named(String text) throws SQLException {
        return text.replaceAll("\\bR\\b", role()).replaceAll("\\bD\\b", administrator.getCatalog());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    create policy fine on customers for select to R using (tenant_id = (select sallyport.claim('tenant')) and balance > 0)
                    create policy fine on customers as restrictive using (balance > 0)
                    create policy fine on customers using ((select sallyport.claim('tenant')) = tenant_id and false)
                    """)
    void theDoctorPasses(String harmless) throws Exception {
        shared.administer(named(harmless));
        try {
            boolean otherWayRound = harmless.contains("= tenant_id");
            assertThat(findings()).hasSize(otherWayRound ? 1 : 0);
        } finally {
            shared.administer("drop policy fine on customers");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text",
                "varchar",
                "varchar(3)",
                "char(3)",
                "uuid",
                "bigint",
                "numeric(4, 0)",
                "name",
                "app.tenant_name",
                "app.\"Tenant's kind\""
            })
    void whatIsProtectedIsCleanWhateverTheColumnsType(String type) throws Exception {
        shared.administer("create table kept (\"the tenant\" " + type + ")");
        try {
            Enrolment.protect(administrator, "public", "kept", "the tenant");
            shared.administer(named("grant select on kept to R"));

            assertThat(findings()).isEmpty();
        } finally {
            shared.administer("drop table kept");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"varchar(3)", "char(3)"})
    void aColumnTooShortForTheTenantsNameHoldsNothingOfIt(String type) throws Exception {
        shared.administer(
                "create table kept (tenant_id " + type + "); insert into kept values ('acm')");
        try {
            Enrolment.protect(administrator, "public", "kept", "tenant_id");
            shared.administer(named("grant select on kept to R"));

            assertThat(shared.values(ACME, Access.READ, "select tenant_id from kept")).isEmpty();
        } finally {
            shared.administer("drop table kept");
        }
    }

    @Test
    void aRestrictivePolicyThatHoldsToTheTenantFencesTheOthers() throws Exception {
        shared.administer(
                """
                create policy wide on customers using (true);
                create policy fence on customers as restrictive
                    using (tenant_id = (select sallyport.claim('tenant')));
                """);
        try {
            assertThat(findings()).isEmpty();
        } finally {
            shared.administer("drop policy wide on customers; drop policy fence on customers");
        }
    }

    @Test
    void enrollingAgainKeepsTheLedgerAndRepairsGrants() throws Exception {
        shared.administer("grant select on sallyport.login to " + role());
        shared.administer(
                "insert into sallyport.ledger (call_id, tenant, subject, entered_at) values"
                        + " (gen_random_uuid(), 'acme', 'x', '2026-01-01')");

        Enrolment.enrol(administrator, role(), ACME, SharedDatabase.KEY);

        assertThat(findings()).isEmpty();
        assertThat(shared.truth("select count(*) from sallyport.ledger")).containsExactly("1");
        assertThat(Enrolment.forget(administrator, Instant.parse("2026-02-01T00:00:00Z")))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "grant execute on function pg_terminate_backend(int, bigint) to R | revoke execute"
                        + " on function pg_terminate_backend(int, bigint) from R",
                "grant execute on function setseed(float8) to R | revoke execute on function"
                        + " setseed(float8) from R",
                "grant select on pg_stat_activity to R | revoke select on pg_stat_activity from R",
                "grant temporary on database D to R | revoke temporary on database D from R",
                "alter role R reset track_activities | alter role R set track_activities = off",
                "create sequence public.numbers; grant usage, select on sequence public.numbers to R"
                        + " | drop sequence public.numbers",
                "create sequence public.numbers; grant update on sequence public.numbers to R"
                        + " | drop sequence public.numbers",
                "alter role R set synchronous_commit = off | alter role R reset synchronous_commit"
            })
    void theDoctorCautionsAgainst(String harmAndCure) throws Exception {
        String[] both = named(harmAndCure).split(" \\| ", 2);
        shared.administer(both[0]);
        try {
            assertThat(findings())
                    .singleElement()
                    .satisfies(
                            finding -> assertThat(finding.severity()).isEqualTo(Severity.CAUTION));
        } finally {
            shared.administer(both[1]);
        }
        assertThat(findings()).isEmpty();
    }

    @Test
    void anIndexThatDoesNotBeginWithTheTenantIsAdvisedAgainst() throws Exception {
        shared.administer("create index by_tenant on customers (tenant_id, balance)");
        try {
            assertThat(Enrolment.doctor(administrator, role()))
                    .extracting(Finding::object)
                    .filteredOn(object -> object.startsWith("index "))
                    .containsExactlyInAnyOrder("index customers_pkey", "index customers_name_key");
        } finally {
            shared.administer("drop index by_tenant");
        }
    }

    // case C8
    @Test
    void functionsThatAColumnsNotationCallsAreNamed() throws Exception {
        shared.administer(
                """
                create function public.purge(integer, boolean default true) returns integer language sql as 'select 1';
                create function public.pure(integer) returns integer language sql immutable as 'select 1';
                create function public.of_two(integer, integer) returns integer language sql as 'select 1';
                """);
        try {
            assertThat(Enrolment.doctor(administrator, role()))
                    .extracting(Finding::object)
                    .filteredOn(object -> object.contains("function "))
                    .containsExactly("execute on function purge(integer,boolean)");
        } finally {
            shared.administer("drop function purge, pure, of_two");
        }
    }

    // cases of kind A: what an error or its absence tells
    @Test
    void aKeyWithoutTheTenantIsAdvisedAgainst() throws Exception {
        shared.administer(
                """
                create table orders (
                    tenant_id text,
                    customer integer constraint tells references customers,
                    number integer constraint numbered unique,
                    unique (number, tenant_id));
                create unique index by_both on customers (id, tenant_id);
                alter table orders add constraint silent
                    foreign key (customer, tenant_id) references customers (id, tenant_id);
                """);
        try {
            Enrolment.protect(administrator, "public", "orders", "tenant_id");
            shared.administer(named("grant select, insert on orders to R"));

            List<Finding> advice = Enrolment.doctor(administrator, role());

            assertThat(advice)
                    .extracting(Finding::object)
                    .filteredOn(object -> object.startsWith("foreign key "))
                    .containsExactly("foreign key tells on public.orders");
            assertThat(advice)
                    .filteredOn(finding -> finding.why().contains("duplicate"))
                    .extracting(Finding::object)
                    .containsExactlyInAnyOrder(
                            "index customers_pkey", "index customers_name_key", "index numbered");
        } finally {
            shared.administer("drop table orders; drop index by_both");
        }
    }

    // case A10
    @Test
    void otherDatabasesThatTheLoginMayConnectToAreNamed() throws Exception {
        assertThat(Enrolment.doctor(administrator, role()))
                .anySatisfy(finding -> assertThat(finding.object()).contains("postgres"));
    }

    @Test
    void aDatabaseOfVersionOneIsUpgradedInPlace() throws Exception {
        try (SharedDatabase old = new SharedDatabase()) {
            old.administer("drop schema sallyport cascade");
            old.administer(
                    new String(
                            Objects.requireNonNull(
                                            EnrolmentIT.class.getResourceAsStream(
                                                    "enrolment-v1.sql"))
                                    .readAllBytes(),
                            StandardCharsets.UTF_8));
            String blocks =
                    "'\\x"
                            + HexFormat.of().formatHex(SharedDatabase.KEY.innerBlock())
                            + "', '\\x"
                            + HexFormat.of().formatHex(SharedDatabase.KEY.outerBlock())
                            + "'";
            old.administer(
                    "insert into sallyport.seal_key values ('executor', "
                            + blocks
                            + "), ('database', "
                            + blocks
                            + ")");
            String insert = "insert into sallyport.login values ('";
            old.administer(insert + old.login(ACME) + "', 'acme')");
            old.administer(insert + old.login(GLOBEX) + "', 'globex')");
            Caller before = SharedDatabase.caller(ACME);
            old.administer(
                    "insert into sallyport.ledger values ('"
                            + before.call()
                            + "', 'acme', 'alice', now(), now(), 7)");
            assertThat(old.run(ACME, Access.READ, "select 1"))
                    .isInstanceOfSatisfying(
                            Transaction.Failed.class,
                            failed ->
                                    assertThat(failed.cause().getSQLState())
                                            .isEqualTo(Backend.OTHER_VERSION));

            try (Connection connection = old.administrator()) {
                Enrolment.enrol(connection, old.login(ACME), ACME, SharedDatabase.KEY);
            }
            old.administer(
                    "create policy again on customers using (tenant_id = (select"
                            + " sallyport.claim('tenant')))");

            for (TenantId tenant : List.of(ACME, GLOBEX)) {
                assertThat(old.values(tenant, Access.READ, "select count(*) from customers"))
                        .containsExactly("3");
            }
            assertThat(old.run(before, Access.WRITE, "update customers set balance = 0"))
                    .isEqualTo(new Transaction.DoneBefore<>(7));
            assertThat(old.truth("select to_regclass('sallyport.seal_key')"))
                    .containsExactly((String) null);
        }
    }

    @Test
    void unfitRolesAreRefusedAndTheReasonsNamed() throws Exception {
        shared.administer("create role unfit_of_enrolment login superuser bypassrls");

        assertThatThrownBy(() ->
                        Enrolment.enrol(
                                administrator, "unfit_of_enrolment", ACME, SharedDatabase.KEY))
                .isInstanceOf(ExecutorException.class)
                .hasMessageContaining("superuser")
                .hasMessageContaining("bypass row-level security")
                .hasMessageContaining("noinherit");
        assertThatThrownBy(() ->
                        Enrolment.enrol(administrator, "nobody_here", ACME, SharedDatabase.KEY))
                .hasMessageContaining("does not exist");
    }

    @Test
    void aLoginThatTenantsShareIsCautionedAgainst() throws Exception {
        String role = "shared_of_enrolment";
        SharedDatabase.createLogin(administrator, role);

        Enrolment.enrol(administrator, role, null, SharedDatabase.KEY);

        assertThat(findings(role))
                .singleElement()
                .satisfies(finding -> assertThat(finding.severity()).isEqualTo(Severity.CAUTION));
    }

    @Test
    void aDatabaseThatIsNotEnrolledIsFoundOut() throws Exception {
        try (Connection postgres = TestServers.postgres().connect("postgres")) {
            assertThat(Enrolment.doctor(postgres, role()))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.why()).contains("not enrolled"));
        }
    }
}
