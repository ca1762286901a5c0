package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.audit.verify.AuditVerifier;
import dev.sallyport.audit.verify.Finding;
import dev.sallyport.audit.verify.HttpArtefacts;
import dev.sallyport.audit.verify.LogCopy;
import dev.sallyport.audit.verify.Verdict;
import dev.sallyport.schema.id.TenantId;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TamperingIT {
    private static final int ENTRIES = 300;

    private AuditFixture fixture;
    private AuditService service;
    private AuditDatabase database;
    private TenantId tenant;

    @BeforeEach
    void start() throws SQLException {
        fixture = new AuditFixture();
        service = fixture.start();
        database = fixture.open();
        tenant = fixture.tenant();
        for (int i = 1; i < ENTRIES; i++) {
            var _ = fixture.settle(tenant, "alice", "db_query", "select " + i);
        }
        fixture.flush();
        fixture.awaitPublished(database.jdbi(), tenant, ENTRIES);
    }

    @AfterEach
    void stop() {
        database.close();
        service.close();
        fixture.close();
    }

    @Test
    void anUntouchedLogIsVerifiedAndSoIsItsCopy(@TempDir Path folder) throws Exception {
        assertThat(fixture.verify(service, tenant)).isInstanceOf(Verdict.Verified.class);

        try (var artefacts =
                new HttpArtefacts(
                        fixture.log(service, tenant),
                        Optional.of(fixture.token(tenant, "audit:read")))) {
            assertThat(LogCopy.copy(artefacts, folder)).isGreaterThanOrEqualTo(ENTRIES);
        }
        assertThat(new AuditVerifier(service.key()).log(folder))
                .isInstanceOf(Verdict.Verified.class);
    }

    @Test
    void withoutATokenTheEntriesCannotBeReadAndTheVerifierSaysSo() {
        assertThat(
                        new AuditVerifier(service.key())
                                .log(fixture.log(service, tenant), Optional.empty()))
                .isInstanceOfSatisfying(
                        Verdict.Unreadable.class,
                        unreadable -> assertThat(unreadable.why()).contains("token"));
    }

    @Test // case G8
    void aTokenOfAnotherTenantMayNotReadAndThatIsNoAlteration() {
        String foreign = fixture.token(fixture.tenant(), "audit:read");

        assertThat(
                        new AuditVerifier(service.key())
                                .log(fixture.log(service, tenant), Optional.of(foreign)))
                .isInstanceOfSatisfying(
                        Verdict.Unreadable.class,
                        unreadable -> assertThat(unreadable.why()).contains("own tenant"));
    }

    @Test
    void anotherTenantsLogIsNotAcceptedInPlaceOfTheOneThatWasAskedFor() throws SQLException {
        asSuperuser("UPDATE audit.checkpoint SET tenant = 't-other' WHERE tenant = '%s'");

        assertThat(
                        new AuditVerifier(service.key())
                                .log(
                                        fixture.log(service, new TenantId("t-other")),
                                        Optional.of(fixture.token(tenant, "audit:read"))))
                .isInstanceOfSatisfying(
                        Verdict.Tampered.class,
                        tampered ->
                                assertThat(tampered.findings().getFirst().sentence())
                                        .contains("t-other", tenant.value()));
    }

    @Test
    void aByteThatASuperuserChangesInAFullBundleIsNamedByItsEntry() throws SQLException {
        String id = alter(100);

        assertThat(findings())
                .singleElement()
                .satisfies(finding ->
                        assertThat(finding.sentence())
                                .contains("entry 100 ", "event " + id, "tile/entries/000"));
    }

    @Test
    void aByteThatASuperuserChangesInAPartialBundleIsNamedByItsEntry() throws SQLException {
        String id = alter(290);

        assertThat(findings())
                .singleElement()
                .satisfies(finding ->
                        assertThat(finding.sentence())
                                .contains("entry 290 ", "event " + id, "tile/entries/001.p/"));
    }

    @Test
    void anEntryAlteredTogetherWithItsStoredHashIsFoundAndTheLogIsNeverSignedAgain()
            throws SQLException {
        alter(290);
        asSuperuser(
                "UPDATE audit.entry SET leaf_hash = sha256('\\x00'::bytea || bytes) WHERE tenant = '%s' AND seq = 290");

        assertThat(findings()).isNotEmpty();

        // the service goes on from what it signed itself: another one, which reads what is stored,
        // sees the contradiction before it signs
        service.close();
        long before = AuditFixture.published(database.jdbi(), tenant);
        var publisher = fixture.publisher(database.jdbi());
        growUnsigned();
        assertThat(publisher.turn()).isZero();
        assertThat(publisher.unsigned()).containsOnlyKeys(tenant);
        assertThat(AuditFixture.published(database.jdbi(), tenant)).isEqualTo(before);
    }

    /** A head that somebody forged: one more entry on top of an altered log. */
    private void growUnsigned() throws SQLException {
        asSuperuser(
                """
                INSERT INTO audit.head (tenant, size, previous, root, seal, integrated_at)
                SELECT tenant, max(size) + 1, max(size), sha256('x'), substr(sha256('x'), 1, 16), now() FROM audit.head WHERE tenant = '%s' GROUP BY tenant
                """);
        asSuperuser(
                """
                INSERT INTO audit.entry (tenant, seq, event_id, leaf_hash, bytes, topic, partition, record, sequenced_at)
                SELECT tenant, max(seq) + 1, gen_random_uuid(), sha256('\\x0078'), 'x', 'forged', 0, 0, now()
                FROM audit.entry WHERE tenant = '%s' GROUP BY tenant
                """);
    }

    @Test
    void anEntryThatASuperuserDeletesIsFound() throws SQLException {
        asSuperuser("DELETE FROM audit.entry WHERE tenant = '%s' AND seq = 42");

        assertThat(findings())
                .anySatisfy(finding -> assertThat(finding.sentence()).contains("tile/entries/000"));
    }

    @Test
    void aTileThatASuperuserChangesIsNamed() throws SQLException {
        asSuperuser(
                "UPDATE audit.tile SET hashes = set_byte(hashes, 77, get_byte(hashes, 77) # 1) WHERE tenant = '%s' AND level = 0");

        assertThat(findings())
                .singleElement()
                .satisfies(
                        finding -> assertThat(finding.sentence()).contains("tile/0/000", "hash 2"));
    }

    @Test
    void aCheckpointThatASuperuserChangesIsNamed() throws SQLException {
        asSuperuser(
                "UPDATE audit.checkpoint SET note = overlay(note placing 'x' from 5 for 1) WHERE tenant = '%s'");

        assertThat(findings()).singleElement().isInstanceOf(Finding.CheckpointAltered.class);
    }

    @Test
    void theLogGoesOnBeingPublishedAsItGrows() {
        long before = AuditFixture.published(database.jdbi(), tenant);
        var _ = fixture.settle(tenant, "alice", "db_query", "select more");

        await().atMost(AuditFixture.WITHIN)
                .until(() -> AuditFixture.published(database.jdbi(), tenant) > before);
        assertThat(fixture.verify(service, tenant)).isInstanceOf(Verdict.Verified.class);
    }

    private List<Finding> findings() {
        var verdict = fixture.verify(service, tenant);
        assertThat(verdict).isInstanceOf(Verdict.Tampered.class);
        return ((Verdict.Tampered) verdict).findings();
    }

    /** Changes one byte of an entry; gives the event's id. */
    private String alter(int index) throws SQLException {
        // the byte stands well after the id, in the event's data
        asSuperuser(
                "UPDATE audit.entry SET bytes = set_byte(bytes, 400, get_byte(bytes, 400) # 1) WHERE tenant = '%s' AND seq = "
                        + index);
        return database.jdbi()
                .withHandle(handle ->
                        handle.createQuery(
                                        "SELECT event_id FROM audit.entry WHERE tenant = :tenant AND seq = :seq")
                                .bind("tenant", tenant.value())
                                .bind("seq", index)
                                .mapTo(String.class)
                                .one());
    }

    private void asSuperuser(String sql) throws SQLException {
        try (var superuser = fixture.superuser();
                var statement = superuser.createStatement()) {
            assertThat(statement.executeUpdate(sql.formatted(tenant))).isPositive();
        }
    }
}
