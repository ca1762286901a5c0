package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.audit.check.DatabaseCheck;
import dev.sallyport.audit.note.Checkpoint;
import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.audit.verify.Verdict;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The configured key is not the one that signed the logs. */
class KeyChangeIT {
    private static final SecureRandom RANDOM = new SecureRandom();

    private AuditFixture fixture;
    private TenantId tenant;

    @BeforeEach
    void publish() throws Exception {
        fixture = new AuditFixture();
        tenant = fixture.tenant();
        try (var service = fixture.start();
                var database = fixture.open()) {
            var _ = fixture.settle(tenant, "alice", "db_query", "select 1");
            fixture.awaitPublished(database.jdbi(), tenant, 2);
            assertThat(fixture.verify(service, tenant)).isInstanceOf(Verdict.Verified.class);
        }
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void underTheSameNameNothingIsSignedWithAnotherKey() throws Exception {
        String other = NoteSigner.generate(fixture.origin(), RANDOM);

        refusesToStart(other);
        assertThatThrownBy(() ->
                        DatabaseCheck.run(
                                fixture.config(),
                                fixture.secretsWith(other),
                                InstantSource.system()))
                .isInstanceOfSatisfying(
                        AuditException.class,
                        refused -> assertThat(refused.code()).isEqualTo("signing_key_changed"));
        try (var service = fixture.start();
                var database = fixture.open()) {
            var _ = fixture.settle(tenant, "alice", "db_query", "select 2");
            fixture.awaitPublished(database.jdbi(), tenant, 3);
            assertThat(fixture.verify(service, tenant)).isInstanceOf(Verdict.Verified.class);
        }
    }

    @Test
    void norWhereTheTopicKnowsNothingOfTheName() throws Exception {
        String origin = fixture.origin() + "-moved";
        try (var superuser = fixture.superuser();
                var update =
                        superuser.prepareStatement(
                                "UPDATE audit.checkpoint SET note = replace(note, ?, ?)")) {
            update.setString(1, fixture.origin() + "/");
            update.setString(2, origin + "/");
            assertThat(update.executeUpdate()).isPositive();
        }

        refusesToStart(origin, NoteSigner.generate(origin, RANDOM));
    }

    @Test
    void underAnotherNameOtherLogsBegin() throws Exception {
        String origin = fixture.origin() + "-2";
        String key = NoteSigner.generate(origin, RANDOM);
        try (var service = fixture.start(origin, key);
                var database = fixture.open()) {
            var _ = fixture.settle(tenant, "alice", "db_query", "select 2");
            fixture.awaitPublished(database.jdbi(), tenant, 3);

            assertThat(fixture.verify(service, tenant)).isInstanceOf(Verdict.Verified.class);
        }
        // and from then on that is its key
        refusesToStart(origin, NoteSigner.generate(origin, RANDOM));
    }

    @Test
    void whatOthersMadeStopsNoServiceThatHasSigned() throws Exception {
        var stranger = NoteSigner.parse(NoteSigner.generate(fixture.origin(), RANDOM));
        String log = fixture.origin() + "/" + tenant;
        String note = stranger.named(log).sign(new Checkpoint(log, TreeHead.EMPTY).text());
        fixture.send(Topics.CHECKPOINTS, log + "+00000000", note.getBytes(StandardCharsets.UTF_8));
        fixture.flush();

        try (var service = fixture.start();
                var database = fixture.open()) {
            var _ = fixture.settle(tenant, "alice", "db_query", "select 2");
            fixture.awaitPublished(database.jdbi(), tenant, 3);
            assertThat(fixture.verify(service, tenant)).isInstanceOf(Verdict.Verified.class);
        }
    }

    private void refusesToStart(String key) {
        refusesToStart(fixture.origin(), key);
    }

    private void refusesToStart(String origin, String key) {
        assertThatThrownBy(() -> fixture.start(origin, key).close())
                .isInstanceOfSatisfying(
                        AuditException.class,
                        refused -> {
                            assertThat(refused.code()).isEqualTo("signing_key_changed");
                            assertThat(refused.getMessage()).contains(origin).doesNotContain(key);
                        });
    }
}
