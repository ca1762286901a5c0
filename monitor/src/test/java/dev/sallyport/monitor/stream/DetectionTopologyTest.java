package dev.sallyport.monitor.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.monitor.detect.RefusalBurstDetector;
import dev.sallyport.monitor.detect.RefusalBurstTuning;
import dev.sallyport.monitor.detect.SlowVolumeDetector;
import dev.sallyport.monitor.detect.SlowVolumeTuning;
import dev.sallyport.monitor.detect.VolumeDetector;
import dev.sallyport.monitor.detect.VolumeTuning;
import dev.sallyport.monitor.fixture.Told;
import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.event.AlertRaised;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.FlatEvent;
import dev.sallyport.schema.event.PrincipalSuspended;
import dev.sallyport.schema.event.Severity;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.RegistryCodec;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DetectionTopologyTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final TenantId GLOBEX = new TenantId("globex");

    private static final VolumeDetector VOLUME =
            new VolumeDetector(Settings.load(VolumeTuning.class, "test", null, Map.of()));

    private final Told ana = new Told(ACME, "ana");
    private final StreamTally tally = new StreamTally();
    private final Set<String> lost = new HashSet<>();
    private Instant now = Instant.now();

    @TempDir Path folder;
    private TopologyTestDriver driver;
    private TestInputTopic<String, byte[]> outcomes;
    private TestInputTopic<String, byte[]> signals;
    private TestOutputTopic<String, byte[]> told;
    private TestOutputTopic<String, byte[]> registry;

    @BeforeEach
    void start() {
        KafkaSettings kafka = new KafkaSettings("nowhere:1", Map.of());
        Properties settings = new Properties();
        settings.putAll(DetectionStream.settings(kafka, "test", folder));
        driver = new TopologyTestDriver(topology(Set.of("volume")).get(), settings, now);
        outcomes =
                driver.createInputTopic(
                        Topics.OUTCOMES, new StringSerializer(), new ByteArraySerializer());
        signals =
                driver.createInputTopic(
                        Topics.SIGNALS, new StringSerializer(), new ByteArraySerializer());
        told =
                driver.createOutputTopic(
                        Topics.SIGNALS, new StringDeserializer(), new ByteArrayDeserializer());
        registry =
                driver.createOutputTopic(
                        Topics.REGISTRY, new StringDeserializer(), new ByteArrayDeserializer());
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    @Test
    void aBulkReadBecomesAnAlertAnEventOfSuspensionAndARegistryRecord() {
        steady(ana, 10);
        CallId bulk = CallId.next();
        settle(ana.read(bulk, now, 4_812));

        List<TestRecord<String, byte[]>> said = told.readRecordsToList();
        assertThat(said)
                .hasSize(2)
                .allSatisfy(record -> assertThat(record.key()).isEqualTo("acme"));
        AlertRaised alert = (AlertRaised) EventCodec.decode(said.get(0).value()).data();
        assertThat(alert.detector()).isEqualTo("volume");
        assertThat(alert.severity()).isEqualTo(Severity.HIGH);
        assertThat(alert.principal().subject()).isEqualTo("ana");
        assertThat(alert.principal().address()).isEqualTo("192.0.2.7");
        assertThat(alert.evidence()).containsExactly(bulk);
        assertThat(alert.reason()).startsWith("ana read 4,812 rows in one call; usual is 12 rows");
        PrincipalSuspended suspended =
                (PrincipalSuspended) EventCodec.decode(said.get(1).value()).data();
        assertThat(suspended.subject()).isEqualTo("ana");
        assertThat(suspended.alert()).isEqualTo(alert.alert());

        TestRecord<String, byte[]> entry = registry.readRecord();
        assertThat(entry.key()).isEqualTo("suspension/acme/ana");
        assertThat(RegistryCodec.decode(entry.key(), entry.value()))
                .isInstanceOfSatisfying(
                        Suspension.class,
                        suspension -> {
                            assertThat(suspension.alert()).isEqualTo(alert.alert());
                            assertThat(suspension.reason()).isEqualTo(alert.reason());
                        });
        assertThat(registry.isEmpty()).isTrue();
    }

    @Test
    void anOutcomeThatComesAgainCountsOnce() {
        steady(ana, 10);
        CallId call = CallId.next();
        for (int i = 0; i < 50; i++) {
            settle(ana.read(call, now.plusMillis(i), 900));
        }

        assertThat(told.isEmpty()).isTrue();
        assertThat(tally.duplicates()).isEqualTo(49);
    }

    @Test
    void oneAlertSpeaksForFurtherFindingsUntilTheCooldownIsOver() {
        steady(ana, 10);
        for (int second = 0; second < 60; second++) {
            pass(Duration.ofSeconds(5));
            settle(ana.read(now, 1_600));
        }
        assertThat(told.readRecordsToList()).hasSize(2);
        assertThat(tally.suppressed()).isEqualTo(59);

        pass(Duration.ofMinutes(10));
        settle(ana.read(now, 1_600));

        // a second alert, but no second suspension
        assertThat(told.readValuesToList()).hasSize(1);
        assertThat(registry.readRecordsToList()).hasSize(1);
    }

    @Test
    void whoIsReinstatedStartsAfreshAndIsSuspendedAgainWhenItHappensAgain() {
        steady(ana, 10);
        settle(ana.read(now, 5_000));
        assertThat(registry.readRecordsToList()).hasSize(1);

        pass(Duration.ofSeconds(5));
        signal(ana.reinstated(now));
        pass(Duration.ofSeconds(1));
        settle(ana.read(now, 12));
        assertThat(registry.isEmpty()).isTrue();
        pass(Duration.ofSeconds(1));
        settle(ana.read(now, 5_000));

        assertThat(registry.readRecordsToList()).hasSize(1);
        assertThat(tally.alerts()).isEqualTo(2);
    }

    @Test // case H
    void aSuspensionThatTheRegistryLostIsMadeAgain() {
        steady(ana, 10);
        settle(ana.read(now, 5_000));
        registry.readRecordsToList();
        told.readRecordsToList();
        pass(Duration.ofSeconds(30));
        assertThat(told.isEmpty()).isTrue();

        lost.add("acme/ana");
        pass(Duration.ofSeconds(5));
        pass(Duration.ofSeconds(5));
        pass(Duration.ofSeconds(5));

        List<TestRecord<String, byte[]>> said = told.readRecordsToList();
        assertThat(said).hasSize(2);
        AlertRaised alert = (AlertRaised) EventCodec.decode(said.get(0).value()).data();
        assertThat(alert.detector()).isEqualTo("suspension_lost");
        assertThat(registry.readRecord().key()).isEqualTo("suspension/acme/ana");

        // and it is there again
        lost.clear();
        pass(Duration.ofMinutes(5));
        assertThat(told.isEmpty()).isTrue();
    }

    @Test // case H
    void whatAHumanLiftedIsNotSuspendedAgain() {
        steady(ana, 10);
        settle(ana.read(now, 5_000));
        registry.readRecordsToList();
        lost.add("acme/ana");
        signal(ana.reinstated(now));
        told.readRecordsToList();

        pass(Duration.ofSeconds(5));
        pass(Duration.ofMinutes(5));
        pass(Duration.ofMinutes(5));

        assertThat(told.isEmpty()).isTrue();
        assertThat(registry.isEmpty()).isTrue();
    }

    /** The registry's record may be seen long before the event: the alert waits behind it. */
    @Test
    void aReinstatementThatIsReadBehindTheRegistryStands() {
        steady(ana, 10);
        settle(ana.read(now, 5_000));
        registry.readRecordsToList();
        told.readRecordsToList();
        signal(ana.reinstated(now));

        signal(ana.alert(now, "suspension_lost"));

        assertThat(registry.isEmpty()).isTrue();
    }

    @Test // case H
    void newSubjectsDoNotBeginAfresh() {
        int subject = 0;
        for (; subject < 20 && told.isEmpty(); subject++) {
            settle(new Told(ACME, "s" + subject).read(now, 4_999));
            pass(Duration.ofSeconds(30));
            settle(new Told(ACME, "s" + subject).read(now, 4_999));
            pass(Duration.ofSeconds(30));
        }

        assertThat(subject).isLessThan(12);
        AlertRaised alert = (AlertRaised) EventCodec.decode(told.readValue()).data();
        assertThat(alert.detector()).isEqualTo("newcomer_volume");
        assertThat(alert.principal().subject()).startsWith("s");
        assertThat(alert.reason()).startsWith("all principals without a past together read 10");
        assertThat(registry.isEmpty()).isTrue();
    }

    @Test // case H
    void noMorePrincipalsAreKeptThanTheLimitAllows() {
        RowStore rows = rows();
        Memory memory = new Memory(rows, List.of(VOLUME), List.of(), 100);
        for (int i = 0; i < 1_000; i++) {
            Memory.Entry entry = memory.of(new Notice.Whose(ACME, "s" + i));
            if (i == 3) {
                entry.stands(Standing.GOOD.withSuspension(), i);
            }
            entry.changed(i);
            memory.write();
        }

        assertThat(keys("principal/"))
                .hasSizeBetween(80, 101)
                .contains("principal/acme|s999", "principal/acme|s3")
                .doesNotContain("principal/acme|s4");
    }

    @Test
    void aBurstOfRefusalsAlertsAndDoesNotSuspend() {
        for (int i = 0; i < 15; i++) {
            signal(ana.refused(now, "statement_refused", 1));
        }
        for (int i = 0; i < 5; i++) {
            settle(ana.refusedByTheDatabase(now));
        }
        assertThat(told.isEmpty()).isTrue();
        signal(ana.refused(now, "scope_missing", 4));

        AlertRaised alert = (AlertRaised) EventCodec.decode(told.readValue()).data();
        assertThat(alert.detector()).isEqualTo("refusal_burst");
        assertThat(alert.reason())
                .isEqualTo(
                        "ana was refused 24 times in 60 s (statement_refused 15, sqlstate_42501 5,"
                                + " scope_missing 4); up to 20 is accepted");
        assertThat(told.isEmpty()).isTrue();
        assertThat(registry.isEmpty()).isTrue();
    }

    @Test
    void principalsOfTheSameNameInTwoTenantsAreTwo() {
        Told other = new Told(GLOBEX, "ana");
        steady(ana, 10);
        for (int minute = 0; minute < 10; minute++) {
            pass(Duration.ofMinutes(1));
            settle(other.read(now, 4_000));
        }
        assertThat(told.isEmpty()).isTrue();

        settle(ana.read(now, 4_000));

        assertThat(told.readRecordsToList())
                .isNotEmpty()
                .allSatisfy(record -> assertThat(record.key()).isEqualTo("acme"));
        assertThat(registry.readRecord().key()).isEqualTo("suspension/acme/ana");
    }

    @Test
    void whatIsNoEventIsPassedOver() {
        outcomes.pipeInput("acme", "no json".getBytes(StandardCharsets.UTF_8));
        outcomes.pipeInput("acme", new byte[0]);
        outcomes.pipeInput("acme", null);
        outcomes.pipeInput(null, new byte[] {0});
        steady(ana, 10);
        settle(ana.read(now, 5_000));

        assertThat(tally.undecodable()).isEqualTo(4);
        assertThat(registry.readRecordsToList()).hasSize(1);
    }

    @Test
    void anEventThatCannotBeTrueIsPassedOver() {
        steady(ana, 10);
        String event = new String(EventCodec.encode(ana.read(now, 77)), StandardCharsets.UTF_8);
        outcomes.pipeInput(
                "acme",
                event.replace("\"rows\":77", "\"rows\":-77").getBytes(StandardCharsets.UTF_8));
        settle(ana.read(now, 5_000));

        assertThat(tally.undecodable()).isEqualTo(1);
        assertThat(registry.readRecordsToList()).hasSize(1);
    }

    @Test
    void anOutcomeIsBelievedFromItsOwnTopicOnly() {
        steady(ana, 10);
        Event<?> bulk = ana.read(now, 5_000);
        signal(bulk);
        assertThat(told.isEmpty()).isTrue();
        assertThat(tally.misplaced()).isEqualTo(1);

        // the misplaced one does not stand in the way of the true one
        settle(bulk);

        assertThat(registry.readRecordsToList()).hasSize(1);
        assertThat(tally.duplicates()).isZero();
    }

    @Test
    void aSignalIsBelievedFromItsOwnTopicOnly() {
        steady(ana, 10);
        settle(ana.read(now, 5_000));
        assertThat(registry.readRecordsToList()).hasSize(1);

        pass(Duration.ofSeconds(5));
        settle(ana.reinstated(now));
        settle(ana.refused(now, "scope_missing", 50));
        settle(ana.answeredByTheGateway(now, 1));
        settle(ana.read(now, 5_000));

        assertThat(tally.misplaced()).isEqualTo(3);
        assertThat(tally.alerts()).isEqualTo(1);
        assertThat(registry.isEmpty()).isTrue();
    }

    @Test
    void whatTheGatewayAnswersByItselfIsNoData() {
        steady(ana, 10);
        signal(ana.answeredByTheGateway(now, 100_000));

        assertThat(told.isEmpty()).isTrue();
    }

    @Test
    void aClockThatIsAheadDoesNotMakeTheOthersLate() {
        steady(ana, 10);
        settle(ana.read(now.plus(Duration.ofDays(300)), 12));
        for (int i = 0; i < 30; i++) {
            settle(ana.read(now, 90));
        }

        assertThat(registry.readRecordsToList()).hasSize(1);
    }

    @Test // case H
    void whatIsKeptIsOneRowAPrincipalAndTheIdsOfSomeMinutes() {
        steady(ana, 60);
        for (int i = 0; i < 100; i++) {
            settle(new Told(GLOBEX, "bob").read(now, 5));
        }

        assertThat(keys("principal/"))
                .containsExactly("principal/acme|ana", "principal/globex|bob");
        // ids are made by the machine's clock, all within the last minutes
        assertThat(keys("ids/")).hasSizeLessThanOrEqualTo(160);
        assertThat(driver.getAllStateStores()).hasSize(1);
    }

    @Test // case H
    void aPrincipalOfWhomNothingIsLearntIsForgotten() {
        steady(ana, 10);
        for (int day = 0; day < 29; day++) {
            driver.advanceWallClockTime(Duration.ofDays(1));
        }
        assertThat(keys("principal/")).hasSize(1);

        driver.advanceWallClockTime(Duration.ofDays(2));

        assertThat(keys("principal/")).isEmpty();
    }

    @Test // case H
    void idsOfThePastAreForgotten() {
        Instant then = now;
        RowStore rows = rows();
        SeenIds seen = new SeenIds(rows, Duration.ofMinutes(10), SeenIds.IDS_MAX);
        for (int minute = 0; minute < 30; minute++) {
            FlatEvent event = made(then.plus(Duration.ofMinutes(minute)), minute);
            assertThat(seen.firstTime(event, Long.MAX_VALUE / 2)).isTrue();
            assertThat(seen.firstTime(event, Long.MAX_VALUE / 2)).isFalse();
            seen.write();
        }

        assertThat(seen.size()).isEqualTo(10);
        assertThat(keys("ids/")).hasSize(10);
    }

    @Test
    void idsAreKnownAgainFromTheirRowsAndAreThoseOfTheirTenant() {
        SeenIds seen = new SeenIds(rows(), Duration.ofMinutes(10), SeenIds.IDS_MAX);
        FlatEvent event = made(now, 1);
        seen.firstTime(event, now.toEpochMilli());
        seen.write();

        SeenIds restored = new SeenIds(rows(), Duration.ofMinutes(10), SeenIds.IDS_MAX);

        assertThat(restored.firstTime(event, now.toEpochMilli())).isFalse();
        assertThat(restored.firstTime(made(now, 2), now.toEpochMilli())).isTrue();
        assertThat(restored.firstTime(of(GLOBEX, event), now.toEpochMilli())).isTrue();
    }

    @Test // case H
    void noMoreIdsAreKeptThanTheLimitAllows() {
        SeenIds seen = new SeenIds(rows(), Duration.ofMinutes(10), 1_000);
        for (int i = 0; i < 5_000; i++) {
            seen.firstTime(made(now.plusMillis(i * 100L), i), Long.MAX_VALUE / 2);
            if (i % 50 == 0) {
                seen.write();
            }
        }
        seen.write();

        assertThat(seen.size()).isBetween(400, 1_600);
    }

    @Test
    void aPolicyThatNamesNoDetectorIsRefused() {
        assertThatThrownBy(() -> topology(Set.of("volumes")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("suspendOn names no detector: volumes");
    }

    private DetectionTopology topology(Set<String> suspendOn) {
        return new DetectionTopology(
                List.of(
                        VOLUME,
                        new SlowVolumeDetector(slow()),
                        new RefusalBurstDetector(
                                Settings.load(RefusalBurstTuning.class, "test", null, Map.of()))),
                List.of(VolumeDetector.ofNewcomers(slow())),
                (tenant, subject) -> lost.contains(tenant + "/" + subject),
                new ResponsePolicy(suspendOn, Duration.ofMinutes(10)),
                Duration.ofMinutes(10),
                Duration.ofDays(30),
                (InstantSource) () -> now,
                tally);
    }

    private static SlowVolumeTuning slow() {
        return Settings.load(SlowVolumeTuning.class, "test", null, Map.of());
    }

    private RowStore rows() {
        return (RowStore) driver.getStateStore(Detection.ROWS);
    }

    private List<String> keys(String prefix) {
        List<String> keys = new ArrayList<>();
        try (KeyValueIterator<String, byte[]> rows = rows().beginningWith(prefix)) {
            rows.forEachRemaining(row -> keys.add(row.key));
        }
        return keys;
    }

    private static FlatEvent made(Instant at, long number) {
        UUID id = new UUID(at.toEpochMilli() << 16 | 0x7000, Long.MIN_VALUE | number);
        Event<?> event = new Told(ACME, "ana").reinstated(at);
        return FlatEvent.of(Event.of(new EventId(id), "/test", at, ACME, null, event.data()));
    }

    private static FlatEvent of(TenantId tenant, FlatEvent event) {
        return FlatEvent.of(
                Event.of(
                        event.id(),
                        "/test",
                        event.time(),
                        tenant,
                        null,
                        new Told(tenant, "ana").reinstated(event.time()).data()));
    }

    private void steady(Told principal, int minutes) {
        for (int minute = 0; minute < minutes; minute++) {
            settle(principal.read(now, 12));
            pass(Duration.ofMinutes(1));
        }
    }

    private void pass(Duration time) {
        driver.advanceWallClockTime(time);
        now = now.plus(time);
    }

    private void settle(Event<?> event) {
        outcomes.pipeInput(event.tenant().value(), EventCodec.encode(event), now);
    }

    private void signal(Event<?> event) {
        signals.pipeInput(event.tenant().value(), EventCodec.encode(event), now);
    }
}
