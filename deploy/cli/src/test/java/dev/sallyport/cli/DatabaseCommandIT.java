package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.embedded.EmbeddedPostgres;
import dev.sallyport.embedded.TestServers;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A database is prepared by the commands alone. */
final class DatabaseCommandIT {
    private static final String LOCK = "pg_catalog.pg_advisory_lock(bigint)";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path secrets;

    private final EmbeddedPostgres postgres = TestServers.postgres();
    private final String name = TestServers.freshDatabase("commands");
    private final String agent = name + "_agent";
    private final String application = name + "_app";

    private record Ended(int code, String out, String err) {}

    @BeforeEach
    void makeDatabase() throws Exception {
        run("create role " + agent + " login noinherit password 'agent'");
        run("create role " + application + " login password 'app'");
        run("create table orders (tenant_id text not null, id int, primary key (tenant_id, id))");
        run("grant select on orders to " + agent);
        Files.writeString(secrets.resolve("password"), postgres.superuserPassword());
        Files.writeString(secrets.resolve("key"), "k".repeat(32));
    }

    private void run(String sql) throws SQLException {
        try (Connection connection = postgres.connect(name);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private boolean mayLock(String role) throws SQLException {
        try (Connection connection = postgres.connect(name);
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                "select has_function_privilege('"
                                        + role
                                        + "', '"
                                        + LOCK
                                        + "', 'execute')")) {
            rows.next();
            return rows.getBoolean(1);
        }
    }

    private Ended database(String command, String... options) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "database",
                                command,
                                "--url",
                                postgres.jdbcUrl(name),
                                "--user",
                                postgres.superuser(),
                                "--password",
                                "file:" + secrets.resolve("password")));
        arguments.addAll(List.of(options));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return new Ended(
                line.execute(arguments.toArray(String[]::new)), out.toString(), err.toString());
    }

    private Ended enroll(String... more) {
        List<String> options =
                new ArrayList<>(
                        List.of(
                                "--role",
                                agent,
                                "--tenant",
                                "acme",
                                "--key",
                                "file:" + secrets.resolve("key")));
        options.addAll(List.of(more));
        return database("enroll", options.toArray(String[]::new));
    }

    // case A10, and the hardening that is undone by the same command
    @Test
    void aDatabaseIsEnrolledProtectedAndFoundClean() throws Exception {
        assertThat(enroll("--keep", application).code()).isZero();

        Ended unprotected = database("doctor", "--role", agent);
        assertThat(unprotected.code()).isEqualTo(1);
        assertThat(unprotected.out()).contains("LEAK").contains("orders");

        assertThat(database("protect", "--table", "orders", "--tenant-column", "tenant_id").code())
                .isZero();
        Ended clean = database("doctor", "--role", agent);
        assertThat(clean.out()).doesNotContain("LEAK").contains("nothing leaks");
        assertThat(clean.code()).isZero();
        assertThat(mayLock(agent)).isFalse();
        assertThat(mayLock(application)).isTrue();
    }

    @Test
    void whatIsPrintedDoesTheSameByHandAndIsUndoneByTheCommand() throws Exception {
        assertThat(enroll().code()).isZero();
        assertThat(database("harden").out()).contains("nothing is left to do");
        run("create function acts(text) returns int volatile language sql as 'select 1'");
        assertThat(database("harden").out())
                .contains("revoke execute on function public.acts(text) from public")
                .contains("-- grant execute on function NAME(TYPES) to LOGIN;");

        Ended undoing = database("harden", "--undo", "--print");
        assertThat(undoing.code()).isZero();
        assertThat(mayLock(agent)).isFalse();
        run(undoing.out());
        assertThat(mayLock(agent)).isTrue();

        Ended planned = database("harden", "--print", "--keep", application);
        assertThat(mayLock(agent)).isTrue();
        run(planned.out());
        assertThat(mayLock(agent)).isFalse();
        assertThat(mayLock(application)).isTrue();

        assertThat(database("harden", "--undo").code()).isZero();
        assertThat(mayLock(agent)).isTrue();
    }

    @Test
    void taggedColumnsAreMaskedAsAFileSaysAndGivenBack() throws Exception {
        assertThat(enroll().code()).isZero();
        run("alter table orders add column card text; grant select on orders to " + agent);
        Path file =
                Files.writeString(
                        secrets.resolve("policy.yaml"),
                        """
                        database/acme/shop:
                          kind: postgresql
                          jdbcUrl: jdbc:postgresql://db.acme.example/shop
                          user: agent
                          password: env:P
                          sealKey: env:K
                          connectionsMax: 1
                          readOnly: false
                          limits: {rowsMax: 1, bytesMax: 1, timeoutMillis: 1}
                          masking:
                            tags:
                              - {tag: pci, mask: last_four, columns: [public.orders.card]}
                        """);
        String[] options = {
            "--role", agent, "-f", file.toString(), "--entry", "database/acme/shop"
        };

        Ended planned =
                database(
                        "mask",
                        Stream.concat(Stream.of(options), Stream.of("--print"))
                                .toArray(String[]::new));
        assertThat(planned.out()).startsWith("begin;").contains("security_barrier");
        assertThat(mayReadCards()).isTrue();
        run(planned.out());
        assertThat(mayReadCards()).isFalse();
        Ended undone = database("mask", "--role", agent, "--undo");
        assertThat(undone.err()).isEmpty();
        assertThat(mayReadCards()).isTrue();
        assertThat(database("mask", options).code()).isZero();
        assertThat(mayReadCards()).isFalse();
        assertThat(database("mask", "--role", agent, "-f", file.toString()).err())
                .contains("--entry");
    }

    private boolean mayReadCards() throws SQLException {
        try (Connection connection = postgres.connect(name);
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                "select has_column_privilege('"
                                        + agent
                                        + "', 'orders', 'card', 'select')")) {
            rows.next();
            return rows.getBoolean(1);
        }
    }

    @Test
    void aWrongUseIsNamedAndShowsNoSecret() throws Exception {
        Files.writeString(secrets.resolve("key"), "too-short");
        Ended tooShort = enroll();
        assertThat(tooShort.code()).isEqualTo(2);
        assertThat(tooShort.err()).contains("32 bytes").doesNotContain("too-short");

        assertThat(database("harden", "--undo", "--keep", application).code()).isEqualTo(2);

        Files.writeString(secrets.resolve("password"), "open-sesame");
        Ended refused = database("doctor", "--role", agent);
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("database_unreachable").doesNotContain("open-sesame");
    }
}
