package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.audit.store.DatabaseSettings;
import dev.sallyport.embedded.TestServers;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.JdbiException;
import org.junit.jupiter.api.Test;

class AuditDatabaseIT {
    @Test
    void theRuntimeRoleCanInsertAndSelectAndNothingElse() throws Exception {
        try (var fixture = new AuditFixture();
                var database = fixture.open();
                var ingest = fixture.ingest(database.jdbi())) {
            fixture.settle(new TenantId("t-" + UUID.randomUUID()), "alice", "db_query", "select 1");
            fixture.flush();
            while (AuditFixture.count(database.jdbi(), "SELECT count(*) FROM audit.entry") == 0) {
                int _ = ingest.turn(Duration.ofMillis(200));
            }
            List<String> tables =
                    database.jdbi()
                            .withHandle(handle ->
                                    handle.createQuery(
                                                    "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_schema IN ('audit', 'desk') AND table_name NOT LIKE 'flyway%'")
                                            .mapTo(String.class)
                                            .list());
            assertThat(tables)
                    .containsExactlyInAnyOrder(
                            "audit.entry",
                            "audit.tile",
                            "audit.head",
                            "audit.checkpoint",
                            "audit.consumed",
                            "audit.rejected",
                            "audit.parked",
                            "desk.approval",
                            "desk.description",
                            "desk.search");

            for (String table : tables) {
                String column = firstColumn(database, table);
                for (String statement :
                        List.of(
                                "UPDATE %s SET %s = %s".formatted(table, column, column),
                                "DELETE FROM " + table,
                                "TRUNCATE " + table,
                                "DROP TABLE " + table,
                                "ALTER TABLE %s ADD COLUMN more text".formatted(table),
                                "ALTER TABLE %s DISABLE TRIGGER ALL".formatted(table))) {
                    assertThatRefused(database, statement);
                }
            }
            assertThatRefused(database, "CREATE TABLE audit.more (one text)");
            assertThatRefused(
                    database,
                    "INSERT INTO audit.entry SELECT * FROM audit.entry ON CONFLICT (tenant, seq) DO UPDATE SET bytes = 'x'");
            assertThatRefused(database, "SET ROLE " + fixture.runtimeRole() + "_owner");
        }
    }

    private static String firstColumn(AuditDatabase database, String table) {
        return database.jdbi()
                .withHandle(handle ->
                        handle.createQuery(
                                        "SELECT column_name FROM information_schema.columns WHERE table_schema || '.' || table_name = :table AND is_identity = 'NO' LIMIT 1")
                                .bind("table", table)
                                .mapTo(String.class)
                                .one());
    }

    private static void assertThatRefused(AuditDatabase database, String statement) {
        assertThatRefused(database, statement, "42501"); // insufficient privilege
    }

    private static void assertThatRefused(
            AuditDatabase database, String statement, String sqlState) {
        assertThatExceptionOfType(JdbiException.class)
                .as(statement)
                .isThrownBy(() -> database.jdbi().useHandle(handle -> handle.execute(statement)))
                .havingCause()
                .isInstanceOfSatisfying(
                        SQLException.class,
                        refused ->
                                assertThat(refused.getSQLState())
                                        .as(refused.getMessage())
                                        .isEqualTo(sqlState));
    }

    @Test // cases G6 and G9: the service asks these tables for the logs of all tenants
    void nobodyInsertsALogOfWhatIsNoTenant() throws Exception {
        try (var fixture = new AuditFixture();
                var database = fixture.open()) {
            for (String tenant : List.of("No Tenant", "", "a".repeat(64), "-a", "a\nb", "\u00e4")) {
                String checkViolation = "23514";
                assertThatRefused(
                        database,
                        "INSERT INTO audit.head VALUES ('%s', 1, 0, sha256('x'), now(), substr(sha256('x'), 1, 16))"
                                .formatted(tenant),
                        checkViolation);
                assertThatRefused(
                        database,
                        """
                        INSERT INTO audit.parked (tenant, event_id, bytes, topic, partition, generation, record, happened_at, seal, parked_at)
                        VALUES ('%s', gen_random_uuid(), 'x', 't', 0, 0, 0, now(), 'x', now())
                        """
                                .formatted(tenant),
                        checkViolation);
            }
        }
    }

    @Test
    void aRoleThatCouldAlterTheLogIsRefusedAtStart() throws Exception {
        try (var fixture = new AuditFixture()) {
            fixture.open().close();
            var superuser =
                    new DatabaseSettings(
                            fixture.settings("x").jdbcUrl(),
                            TestServers.postgres().superuser(),
                            new SecretReference("env:P"),
                            null,
                            null,
                            2);
            var secrets = new Secrets(Map.of("P", TestServers.postgres().superuserPassword()));

            assertThatExceptionOfType(AuditException.class)
                    .isThrownBy(() -> AuditDatabase.open(superuser, secrets))
                    .satisfies(refused ->
                            assertThat(refused.problem()).isEqualTo(AuditProblem.DATABASE_UNSAFE))
                    .withMessageContaining("entry");
        }
    }

    @Test
    void aDatabaseThatIsNotThereIsNamed() {
        var settings =
                new DatabaseSettings(
                        "jdbc:postgresql://127.0.0.1:1/none",
                        "nobody",
                        new SecretReference("env:P"),
                        null,
                        null,
                        2);

        assertThatExceptionOfType(AuditException.class)
                .isThrownBy(() -> AuditDatabase.open(settings, new Secrets(Map.of("P", "p"))))
                .satisfies(refused ->
                        assertThat(refused.problem()).isEqualTo(AuditProblem.DATABASE_UNAVAILABLE))
                .withMessageContaining("127.0.0.1:1");
    }
}
