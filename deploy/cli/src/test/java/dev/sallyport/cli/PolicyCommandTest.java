package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What the commands say of files; no broker is asked. */
final class PolicyCommandTest {
    private static final String POLICY =
            """
            tenant/acme:
              name: Acme
              cell: main
              issuers:
                - {uri: "https://login.example/", jwksUri: "https://login.example/jwks", algorithms: [RS256], claims: {}}
              readOnly: false
            database/acme/shop:
              kind: postgresql
              jdbcUrl: jdbc:postgresql://db.example/shop
              user: agent
              password: env:A
              sealKey: env:B
              connectionsMax: 4
              readOnly: false
              limits: {rowsMax: 1000, bytesMax: 1048576, timeoutMillis: 10000}
            grant/acme/agents:
              subjects: [anna, ben]
              databases: [shop]
              scopes: [mcp:read, mcp:write, mcp:delete]
              statistics: false
            rule/acme/deletes:
              when: {classes: [delete]}
              approval: {by: another, approvers: [anna]}
            rule/acme/many:
              when: {rowsAbove: 100}
              approval: {by: confirm}
            rule/acme/salaries:
              when: {classes: [read], tables: [salaries], callersExcept: {clients: [hr], networks: [10.1.0.0/16]}}
              approval: {by: nobody}
            rule/acme/nights:
              when: {classes: [write], hours: {from: "20:00", to: "07:00", zone: UTC}}
              approval: {by: another, approvers: [carla]}
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Path policy;

    private record Ended(int code, String out, String err) {}

    @BeforeEach
    void write() throws Exception {
        policy = Files.writeString(folder.resolve("acme.yaml"), POLICY);
    }

    private static Ended run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return new Ended(line.execute(arguments), out.toString(), err.toString());
    }

    private Ended test(String yaml) throws Exception {
        Path cases = Files.writeString(folder.resolve("cases.yml"), yaml);
        return run("policy", "test", "-f", policy.toString(), cases.toString());
    }

    private static String one(
            String name, String subject, String scopes, String call, String expect) {
        List<String> lines = new ArrayList<>();
        lines.add(name + ":");
        lines.add("  who: {tenant: acme, subject: %s, scopes: [%s]}".formatted(subject, scopes));
        lines.add("  call: {" + call + "}");
        lines.add("  expect: {" + expect + "}");
        return String.join("\n", lines) + "\n";
    }

    @Test
    void aValueOfTheWrongFormIsToldInPlainWords() {
        assertThat(run("get", "--tenant", "No Tenant").err())
                .contains("tenant")
                .doesNotContain("Exception");
        Ended ended = run("approvals", "show", "nonsense", "--tenant", "acme");

        assertThat(ended.code()).isEqualTo(2);
        assertThat(ended.err())
                .contains("event id must be a UUID of 36 characters")
                .doesNotContain("Exception");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "anna|mcp:read|tool: db_query, database: shop, sql: 'select 1'|decision: allowed, class: read",
                "anna|mcp:read|tool: show_databases|decision: allowed",
                "anna|mcp:read|tool: describe_table, database: shop, table: orders|decision: allowed",
                "zoe|mcp:read|tool: db_query, database: shop, sql: 'select 1'|decision: refused, code: tool_unknown",
                "anna|mcp:read|tool: db_query, database: gis, sql: 'select 1'|decision: refused, code: database_unknown",
                "anna|mcp:read|tool: db_query, database: shop, sql: 'delete from orders'|decision: refused, code: not_a_query",
                "anna|mcp:read|tool: db_query, database: shop, sql: 'select 1 where 1 = $1'|decision: refused, code: parameters_mismatch",
                "anna|mcp:read|tool: db_query, database: shop, sql: 'select 1', limit: 0|decision: refused, code: arguments_invalid",
                "anna|mcp:read|tool: db_execute, database: shop, sql: 'delete from orders'|decision: refused, code: insufficient_scope",
                "anna|'mcp:read, mcp:write, mcp:sql'|tool: db_execute, database: shop, sql: 'drop table orders'|decision: refused, code: not_granted",
                "ben|'mcp:read, mcp:write, mcp:delete'|tool: db_execute, database: shop, sql: 'delete from orders where id = $1', params: [7]|decision: held, by: another, rules: [deletes, many], class: delete",
                "ben|'mcp:read, mcp:write, mcp:delete'|tool: db_execute, database: shop, sql: 'delete from orders', rows: 3|decision: held, by: another, rules: [deletes]",
                "anna|'mcp:read, mcp:write, mcp:delete'|tool: db_execute, database: shop, sql: 'delete from orders'|decision: refused, code: approval_impossible",
                "anna|'mcp:read, mcp:write'|tool: db_execute, database: shop, at: '2026-11-28T12:00:00Z', sql: 'update orders set a = 1', rows: 100|decision: allowed, class: write",
                "anna|'mcp:read, mcp:write'|tool: db_execute, database: shop, at: '2026-11-28T12:00:00Z', sql: 'update orders set a = 1', rows: 101|decision: held, by: confirm, rules: [many]",
                "anna|'mcp:read, mcp:write'|tool: db_execute, database: shop, at: '2026-11-28T12:00:00Z', sql: 'update orders set a = 1', dryRun: true|decision: allowed",
                "anna|'mcp:read, mcp:write'|tool: db_execute, database: shop, at: '2026-11-28T12:00:00Z', sql: 'update orders set a = 1', readOnly: true|decision: refused, code: read_only"
            })
    void callsAreDecidedAsGatewaysDo(String subject, String scopes, String call, String expect)
            throws Exception {
        Ended ended = test(one("one", subject, scopes, call, expect));

        assertThat(ended.err()).isEmpty();
        assertThat(ended.out().strip()).isEqualTo("1 cases, 0 differ");
        assertThat(ended.code()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "|select * from salaries|db_query|12:00|decision: refused, code: rule_refuses",
                ", client: hr, address: 10.1.2.3|select * from salaries|db_query|12:00|decision: allowed",
                ", client: hr|select * from salaries|db_query|12:00|decision: refused, code: rule_refuses",
                ", client: hr, address: 10.2.2.3|select * from salaries|db_query|12:00|decision: refused, code: rule_refuses",
                "|update orders set a = 1|db_execute|06:59|decision: held, by: another, rules: [nights]",
                "|update orders set a = 1|db_execute|07:00|decision: allowed",
                "|update orders set a = (select max(a) from salaries)|db_execute|12:00|decision: refused, code: rule_refuses"
            })
    void rulesLookAtTheCallerAndTheTime(
            @Nullable String more, String sql, String tool, String at, String expect)
            throws Exception {
        String who = more == null ? "" : more;
        Ended ended =
                test(
                        """
                        one:
                          who: {tenant: acme, subject: anna, scopes: [mcp:read, mcp:write]%s}
                          call: {tool: %s, database: shop, sql: "%s", rows: 1, at: "2026-11-28T%s:00Z"}
                          expect: {%s}
                        """
                                .formatted(who, tool, sql, at, expect));

        assertThat(ended).isEqualTo(new Ended(0, "1 cases, 0 differ%n".formatted(), ""));
    }

    @Test
    void whatIsDecidedOtherwiseIsToldWithItsPlace() throws Exception {
        String query = "tool: db_query, database: shop, sql: 'select 1'";

        Ended ended =
                test(
                        one("fine", "anna", "mcp:read", query, "decision: allowed")
                                + one(
                                        "closed",
                                        "anna",
                                        "mcp:read",
                                        query,
                                        "decision: refused, code: not_granted")
                                + one(
                                        "free",
                                        "ben",
                                        "mcp:write, mcp:delete",
                                        "tool: db_execute, database: shop, sql: delete from orders",
                                        "decision: held, by: confirm"));

        assertThat(ended.code()).isEqualTo(Main.DIFFERS);
        assertThat(ended.out())
                .contains(
                        "cases.yml:5: closed: expected refused not_granted, but is allowed class read")
                .contains(
                        "cases.yml:9: free: expected held by confirm, but is held by another rules [deletes, many] class delete")
                .contains("3 cases, 2 differ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a: {who: {tenant: acme, subject: b, scopes: []}, call: {tool: t}, expect: {decision: alowed}}|decision",
                "a: {who: {tenant: acme, subject: b, scopes: [mcp:raed]}, call: {tool: t}, expect: {decision: allowed}}|no such scope",
                "a: {who: {tenant: acme, subject: b, scopes: []}, call: {tol: t}, expect: {decision: allowed}}|call: ",
                "a: {who: {tenant: acme, subject: b, scopes: []}, call: {tool: t, dryrun: true}, expect: {decision: allowed}}|dryrun",
                "a: {who: {tenant: acme, subject: b, scopes: []}, call: {tool: t}, expect: {}}|decision is missing",
                "a: {who: {tenant: acme, subject: b, scopes: []}, call: {tool: t}, expect: {decision: allowed, code: x}}|only what is refused",
                "a: {who: {tenant: acme, subject: b}, call: {tool: t}, expect: {decision: allowed}}|scopes is missing",
                "a: {call: {tool: t}, expect: {decision: allowed}}|who is missing",
                "[]|must hold cases",
                "# nothing|there must be 1 to"
            })
    void aCaseThatIsNotUnderstoodIsNoCase(String yaml, String words) throws Exception {
        Ended ended = test(yaml);

        assertThat(ended.code()).isEqualTo(Main.FAILED);
        assertThat(ended.err()).contains("policy_malformed").contains(words);
    }

    @Test
    void lintTellsFileAndLine() throws Exception {
        assertThat(run("policy", "lint", "-f", policy.toString()))
                .isEqualTo(new Ended(0, "7 entries, 0 findings%n".formatted(), ""));
        Files.writeString(policy, POLICY.replace("databases: [shop]", "databases: [shop, gis]"));

        Ended ended = run("policy", "lint", "-f", policy.toString());

        assertThat(ended.code()).isEqualTo(Main.DIFFERS);
        assertThat(ended.out())
                .contains(
                        policy
                                + ":16: grant/acme/agents: grant_database_unknown: the tenant has no database gis")
                .contains("7 entries, 1 findings");
    }
}
