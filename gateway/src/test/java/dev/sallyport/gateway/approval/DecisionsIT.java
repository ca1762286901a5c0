package dev.sallyport.gateway.approval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.gateway.limit.StoreAwayException;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.ApprovalGranted;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.SigningKey;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class DecisionsIT {

    private final TenantId tenant = new TenantId("t-" + UUID.randomUUID());
    private final GatewayId auditor = new GatewayId("a-" + UUID.randomUUID());
    private final SigningKey key = SigningKey.generate();
    private final Registry registry =
            Registry.of(
                    1,
                    List.of(
                            new GatewayKey(
                                    auditor, key.verifyingKey().text(), KeyPurpose.APPROVALS)));

    @Test
    void aDecisionIsNotedOnceTheStoreIsBackAndInItsOrder() throws Exception {
        var kafka = new KafkaSettings(TestServers.kafka().bootstrapServers(), Map.of());
        try (Admin admin = Admin.create(kafka.client("setup"))) {
            Topics.createMissing(admin, Set.of(), 2, (short) 1);
        }
        var away = new StoreThatIsAway(tenant, 3);
        UUID first = EventId.next().value();
        UUID second = EventId.next().value();
        try (var _ = Decisions.start(kafka, new GatewayId("g-" + tenant), () -> registry, away);
                var producer = new KafkaProducer<String, byte[]>(kafka.producer("decisions"))) {
            for (UUID approval : List.of(first, second)) {
                producer.send(
                                new ProducerRecord<>(
                                        Topics.SIGNALS, tenant.value(), granted(approval)))
                        .get();
            }

            Awaitility.await().until(() -> away.noted.size() == 2);
        }
        assertThat(away.noted).containsExactly(first, second);

        // another gateway goes on behind them
        var later = new StoreThatIsAway(tenant, 0);
        UUID third = EventId.next().value();
        try (var _ = Decisions.start(kafka, new GatewayId("h-" + tenant), () -> registry, later);
                var producer = new KafkaProducer<String, byte[]>(kafka.producer("decisions"))) {
            producer.send(new ProducerRecord<>(Topics.SIGNALS, tenant.value(), granted(third)))
                    .get();
            Awaitility.await().until(() -> later.noted.contains(third));
        }
        assertThat(later.noted).containsExactly(third);
    }

    private byte[] granted(UUID approval) {
        return EventSignature.sign(
                EventCodec.encode(
                        new Event<>(
                                EventId.next(),
                                "/audit",
                                Instant.now(),
                                tenant,
                                null,
                                auditor,
                                new ApprovalGranted(
                                        approval.toString(),
                                        new Principal("ben", "console", null, null),
                                        null,
                                        null))),
                key);
    }

    /** Does not answer so many times. */
    private static final class StoreThatIsAway implements ApprovalStore {
        private final TenantId tenant;
        private final List<UUID> noted = Collections.synchronizedList(new ArrayList<>());
        private int times;

        StoreThatIsAway(TenantId tenant, int times) {
            this.tenant = tenant;
            this.times = times;
        }

        private void answer() throws StoreAwayException {
            if (times > 0) {
                times--;
                if (times % 2 == 0) {
                    throw new IllegalStateException("what nobody thought of");
                }
                throw new StoreAwayException("away", null);
            }
        }

        @Override
        public Optional<Kept> find(TenantId of, UUID id) throws StoreAwayException {
            if (!of.equals(tenant)) {
                return Optional.empty();
            }
            answer();
            return Optional.of(
                    new Kept(
                            id,
                            new Requester(tenant, "https://login.example", "ana"),
                            new Binding("db_execute", new DatabaseName("shop"), "k", "s", "p"),
                            ApprovalBy.ANOTHER,
                            Set.of("ben"),
                            1,
                            null,
                            null,
                            Instant.now().plus(1, ChronoUnit.HOURS),
                            Set.of(),
                            false,
                            false,
                            false));
        }

        @Override
        public void decide(TenantId of, UUID id, String approver, boolean granted, Instant at)
                throws StoreAwayException {
            answer();
            noted.add(id);
        }

        @Override
        public Optional<Instant> add(Asked asked) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Redeemed redeem(
                TenantId of, UUID id, Set<String> mayAllow, int atLeast, Duration cooldown) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Duration cool(Requester requester, DatabaseName database, Duration cooldown) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
