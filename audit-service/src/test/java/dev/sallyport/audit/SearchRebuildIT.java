package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sallyport.audit.check.DatabaseCheck;
import dev.sallyport.audit.check.SearchRebuild;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.store.DatabaseSettings;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;

/** What is searched is made anew from the logs. Case G5. */
class SearchRebuildIT {
    /** All that is searched but the time at which an unreadable record was written. */
    private static final String SEARCHED =
            """
            SELECT s.tenant || ' ' || s.seq || ' ' || s.event_id || ' ' || coalesce(CAST(s.call_id AS text), '') || ' '
                || CASE WHEN d.kind = 'Unreadable' THEN '' ELSE CAST(s.time AS text) END || ' ' || CAST(row(d.*) AS text)
            FROM desk.search s JOIN desk.description d ON d.id = s.description ORDER BY s.tenant, s.seq
            """;

    @Test
    void rowsAreMadeAnewWhileTheServiceGoesOn() throws SQLException {
        try (var fixture = new AuditFixture();
                var database = fixture.open();
                var superuser = fixture.superuser();
                var _ = fixture.start()) {
            var tenant = fixture.tenant();
            var other = new TenantId(tenant + "-2");
            for (int i = 0; i < 20; i++) {
                var _ = fixture.settle(tenant, "alice", "db_query", "select " + i);
            }
            var _ = fixture.settle(other, "bob", "db_query", "select 1");
            fixture.send(Topics.OUTCOMES, tenant, "no event".getBytes(StandardCharsets.UTF_8));
            fixture.flush();
            fixture.awaitPublished(database.jdbi(), other, 1);
            fixture.awaitPublished(database.jdbi(), tenant, 21);
            fixture.awaitPublished(database.jdbi(), TenantId.PLATFORM, 1);
            var before = searched(database.jdbi());
            alter(superuser, tenant);

            var rebuilt = SearchRebuild.run(fixture.config(), fixture.secrets());

            assertThat(rebuilt).containsEntry(tenant, 21L).containsEntry(other, 1L);
            assertThat(searched(database.jdbi())).isEqualTo(before);
            var _ = fixture.settle(tenant, "alice", "db_query", "select 1");
            fixture.flush();
            fixture.awaitPublished(database.jdbi(), tenant, 22);
            assertThat(
                            DatabaseCheck.run(
                                            fixture.config(),
                                            fixture.secrets(),
                                            InstantSource.system())
                                    .isSound())
                    .isTrue();
        }
    }

    private static void alter(Connection superuser, TenantId tenant) throws SQLException {
        try (var statement = superuser.createStatement()) {
            for (String sql :
                    List.of(
                            "DELETE FROM desk.search WHERE tenant = '%s' AND seq = 3",
                            "DELETE FROM desk.search WHERE tenant = 'platform'",
                            "UPDATE desk.search SET seq = -1 WHERE tenant = '%s' AND seq = 4",
                            "UPDATE desk.search SET tenant = 'No Tenant' WHERE tenant = '%s' AND seq = 5",
                            "UPDATE desk.description SET principal = 'mallory', words = array_to_tsvector(ARRAY['x']) WHERE tenant = '%s'",
                            "DELETE FROM desk.description WHERE principal = 'bob'")) {
                assertThat(statement.executeUpdate(sql.replace("%s", tenant.value())))
                        .as(sql)
                        .isPositive();
            }
        }
    }

    private static List<String> searched(Jdbi jdbi) {
        return jdbi.withHandle(handle -> handle.createQuery(SEARCHED).mapTo(String.class).list());
    }

    @Test
    void onlyTheOwnerCan() throws SQLException {
        try (var fixture = new AuditFixture()) {
            fixture.open().close();
            var config = fixture.config();
            var database = config.database();
            var ownerless =
                    new AuditConfig(
                            config.host(),
                            config.port(),
                            config.publicUrl(),
                            config.origin(),
                            config.signingKey(),
                            config.checkpointEveryMillis(),
                            config.batchRecordsMax(),
                            config.approvals(),
                            config.kafka(),
                            new DatabaseSettings(
                                    database.jdbcUrl(),
                                    database.user(),
                                    database.password(),
                                    null,
                                    null,
                                    2));

            assertThatExceptionOfType(AuditException.class)
                    .isThrownBy(() -> SearchRebuild.run(ownerless, fixture.secrets()))
                    .satisfies(refused ->
                            assertThat(refused.problem())
                                    .isEqualTo(AuditProblem.DATABASE_OWNER_MISSING))
                    .withMessageContaining("database.owner");
        }
    }
}
