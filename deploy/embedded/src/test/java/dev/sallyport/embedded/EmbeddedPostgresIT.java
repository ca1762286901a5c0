package dev.sallyport.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedPostgresIT {

    @Test
    void aTableSurvivesAStopAndTheAddressStays(@TempDir Path folder) throws Exception {
        String address;
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(folder)) {
            postgres.createDatabase("shop");
            postgres.createDatabase("shop");
            address = postgres.jdbcUrl("shop");
            try (Connection connection = postgres.connect("shop");
                    Statement statement = connection.createStatement()) {
                statement.execute("create table customers (name text)");
                statement.execute("insert into customers values ('Ada')");
                assertThat(one(statement, "show server_version")).startsWith("18.6");
                assertThat(one(statement, "select upper('é')")).isEqualTo("É");
                assertThat(one(statement, "show listen_addresses")).isEqualTo("127.0.0.1");
            }
        }
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(folder)) {
            assertThat(postgres.jdbcUrl("shop")).isEqualTo(address);
            try (Connection connection = postgres.connect("shop");
                    Statement statement = connection.createStatement()) {
                assertThat(one(statement, "select name from customers")).isEqualTo("Ada");
            }
        }
    }

    @Test
    void thePasswordIsAskedForAndForThisUsersEyesOnly(@TempDir Path folder) throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(folder)) {
            assertThat(
                            PosixFilePermissions.toString(
                                    Files.getPosixFilePermissions(
                                            folder.resolve("superuser.password"))))
                    .isEqualTo("rw-------");
            assertThatThrownBy(() ->
                            DriverManager.getConnection(
                                            postgres.jdbcUrl("postgres"),
                                            postgres.superuser(),
                                            "guess")
                                    .close())
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password authentication failed");
            try (Connection connection = postgres.connect("postgres");
                    Statement statement = connection.createStatement()) {
                assertThat(
                                one(
                                        statement,
                                        "select left(rolpassword, 13) from pg_authid where rolname = current_user"))
                        .isEqualTo("SCRAM-SHA-256");
            }
        }
    }

    @Test
    void aStopDoesNotWaitForClients(@TempDir Path folder) throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(folder);
                Connection client = postgres.connect("postgres");
                Statement statement = client.createStatement()) {
            postgres.stop();
            assertThat(postgres.isRunning()).isFalse();
            assertThatThrownBy(() -> statement.execute("select 1"))
                    .isInstanceOf(SQLException.class);
            postgres.startAgain();
            try (Connection again = postgres.connect("postgres");
                    Statement second = again.createStatement()) {
                assertThat(one(second, "select 1")).isEqualTo("1");
            }
        }
    }

    @Test
    void rootWithoutUserNamespacesRunsItAsNobodyEvenBelowAFolderThatIsClosedToNobody(
            @TempDir Path folder) throws Exception {
        assumeThat(PostgresIdentity.ofThisProcess()).isNotEqualTo(PostgresIdentity.SELF);
        Path closed = folder.resolve("closed");
        Files.createDirectory(
                closed,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path data = closed.resolve("data");
        try (EmbeddedPostgres postgres =
                        EmbeddedPostgres.start(
                                data, data.resolve("logs"), Map.of(), PostgresIdentity.NOBODY);
                Connection connection = postgres.connect("postgres");
                Statement statement = connection.createStatement()) {
            assertThat(one(statement, "select 1")).isEqualTo("1");
        }
        try (EmbeddedPostgres again =
                        EmbeddedPostgres.start(
                                data, data.resolve("logs"), Map.of(), PostgresIdentity.NOBODY);
                Connection connection = again.connect("postgres")) {
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    // case F: the database's own words for an error hold the literal
    @Test
    void nothingOfAStatementReachesTheLog(@TempDir Path data) throws Exception {
        Path logs = data.resolve("logs");
        try (EmbeddedPostgres postgres =
                        EmbeddedPostgres.start(
                                data, logs, Map.of(), PostgresIdentity.ofThisProcess());
                Connection connection = postgres.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("create table kept (n int unique)");
            for (String sql :
                    new String[] {
                        "select 'S3cret'::int",
                        "select \"S3cret\"",
                        "selekt S3cret",
                        "insert into kept select 53237 from generate_series(1, 2)",
                        "do $$ begin raise warning 'S3cret'; raise 'S3cret'; end $$"
                    }) {
                assertThatThrownBy(() -> statement.execute(sql)).isInstanceOf(SQLException.class);
            }
        }
        String written = "";
        try (var files = Files.walk(logs)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                written += Files.readString(file);
            }
        }
        assertThat(written)
                .isNotEmpty()
                .doesNotContainIgnoringCase("S3cret")
                .doesNotContain("53237");
    }

    @Test
    void aNameThatIsNoPlainWordIsRefused() {
        assertThatThrownBy(() ->
                        TestServers.postgres().createDatabase("a\"; drop database postgres; --"))
                .isInstanceOfSatisfying(
                        EmbeddedException.class,
                        e -> assertThat(e.code()).isEqualTo(EmbeddedException.Code.BAD_VALUE));
    }

    @Test
    void theFixtureGivesADatabaseOfItsOwnToEachCaller() throws Exception {
        String first = TestServers.freshDatabase("orders");
        String second = TestServers.freshDatabase("orders");
        assertThat(first).isNotEqualTo(second);
        try (Connection connection = TestServers.postgres().connect(first)) {
            assertThat(connection.getCatalog()).isEqualTo(first);
        }
    }

    private static String one(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }
}
