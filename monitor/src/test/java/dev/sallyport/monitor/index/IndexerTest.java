package dev.sallyport.monitor.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.monitor.fixture.Told;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class IndexerTest {
    private static final TopicPartition OUTCOMES = new TopicPartition(Topics.OUTCOMES, 0);

    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
    private final HeldStore store = new HeldStore();
    private final Told ana = new Told(new TenantId("acme"), "ana");
    private Instant now = Instant.parse("2026-11-22T09:00:00Z");
    private final IndexTally tally = new IndexTally(now);
    private final Indexer indexer = new Indexer(consumer, store, () -> now, tally);
    private long offset;

    @BeforeEach
    void assign() {
        consumer.rebalance(List.of(OUTCOMES));
        consumer.updateBeginningOffsets(Map.of(OUTCOMES, 0L));
    }

    @Test
    void offsetsMoveOnceTheDocumentsAreStored() {
        Event<?> event = told(ana.read(now, 3));

        assertThat(indexer.turn()).isEqualTo(1);

        assertThat(store.documents).containsOnlyKeys(event.id().toString());
        assertThat(committed()).isEqualTo(1);
    }

    @Test
    void offsetsStayWhileTheStoreIsAwayAndNothingMoreIsRead() {
        told(ana.read(now, 3));
        store.away = true;
        indexer.turn();
        told(ana.read(now, 4));

        for (int i = 0; i < 20; i++) {
            now = now.plusSeconds(10);
            indexer.turn();
        }

        assertThat(committed()).isZero();
        assertThat(consumer.paused()).containsExactly(OUTCOMES);
        assertThat(tally.holdingSince()).isEqualTo(Instant.parse("2026-11-22T09:00:00Z"));

        store.away = false;
        now = now.plusSeconds(10);
        indexer.turn();
        indexer.turn();

        assertThat(store.documents).hasSize(2);
        assertThat(committed()).isEqualTo(2);
        assertThat(consumer.paused()).isEmpty();
        assertThat(tally.holdingSince()).isNull();
    }

    @Test
    void aStoreThatIsAwayIsAskedAtGrowingIntervals() {
        told(ana.read(now, 3));
        store.away = true;
        indexer.turn();

        for (int i = 0; i < 600; i++) {
            now = now.plusMillis(100);
            indexer.turn();
        }

        // 1 minute: after 0.25, 0.5, 1, 2, 4, 8 s, then every 10 s
        assertThat(store.asked).isBetween(9, 13);
    }

    @Test
    void onlyWhatWasBusyIsTriedAgain() {
        Event<?> first = told(ana.read(now, 3));
        Event<?> second = told(ana.read(now, 4));
        store.busy.add(second.id().toString());
        indexer.turn();

        assertThat(store.documents).containsOnlyKeys(first.id().toString());
        assertThat(committed()).isZero();

        store.busy.clear();
        now = now.plusSeconds(1);
        indexer.turn();

        assertThat(store.documents).hasSize(2);
        assertThat(tally.created()).isEqualTo(2);
        assertThat(tally.alreadyThere()).isZero();
        assertThat(committed()).isEqualTo(2);
    }

    @Test // case H
    void aDocumentThatIsRefusedForGoodDoesNotHoldUpTheOthers() {
        Event<?> first = told(ana.read(now, 3));
        told(ana.read(now, 4));
        store.refused.add(first.id().toString());

        indexer.turn();

        assertThat(store.documents).hasSize(2);
        Document kept = Objects.requireNonNull(store.documents.get(first.id().toString()));
        assertThat(kept.index()).isEqualTo("refused");
        JsonNode letter = Json.mapper().readTree(kept.json());
        assertThat(letter.path("index").asString()).isEqualTo("calls");
        assertThat(letter.path("why").asString()).isEqualTo("mapper_parsing_exception");
        assertThat(Json.mapper().readTree(letter.path("document").asString()).path("rows").asInt())
                .isEqualTo(3);
        assertThat(tally.refused()).isEqualTo(1);
        assertThat(committed()).isEqualTo(2);
    }

    @Test
    void anEventThatComesAgainIsStoredOnce() {
        Event<?> event = ana.read(now, 3);
        told(event);
        indexer.turn();
        told(event);
        indexer.turn();

        assertThat(store.documents).hasSize(1);
        assertThat(tally.alreadyThere()).isEqualTo(1);
        assertThat(committed()).isEqualTo(2);
    }

    // case I3
    @Test
    void ofTwoOutcomesOfACallTheFirstCountsThoughItWasBusyWhenTheSecondWasNot() {
        Event<CallSettled> first = ana.read(now, 3);
        told(first);
        told(ana.read(first.data().call(), now.plusSeconds(9), 0));
        store.busy.add(first.id().toString());
        indexer.turn();
        store.busy.clear();
        now = now.plusSeconds(1);
        indexer.turn();

        // and one in a later poll
        told(ana.read(first.data().call(), now, 7));
        indexer.turn();

        assertThat(store.documents.values())
                .singleElement()
                .satisfies(document -> assertThat(document.json()).contains("\"rows\":3"));
        assertThat(tally.alreadyThere()).isEqualTo(2);
        assertThat(committed()).isEqualTo(3);
    }

    @Test
    void whereARecordStandsThatIsNoEventOfItsTopicIsKept() {
        consumer.addRecord(record("no event".getBytes(StandardCharsets.UTF_8)));
        told(ana.refused(now, "scope_missing", 1)); // a signal, on the topic of outcomes
        told(ana.read(now, 4));

        indexer.turn();

        assertThat(tally.undecodable()).isEqualTo(2);
        assertThat(store.documents).hasSize(3);
        Document kept = Objects.requireNonNull(store.documents.get("sallyport.outcomes-0-0"));
        assertThat(kept.index()).isEqualTo("refused");
        assertThat(kept.json()).contains("\"offset\":0").doesNotContain("no event");
        assertThat(committed()).isEqualTo(3);
    }

    @Test
    void partitionsThatAreTakenAwayTakeTheirDocumentsAlong() {
        told(ana.read(now, 3));
        store.away = true;
        indexer.turn();

        consumer.rebalance(List.of());
        store.away = false;
        now = now.plus(Duration.ofMinutes(1));
        indexer.turn();

        assertThat(store.documents).isEmpty();
        assertThat(tally.holdingSince()).isNull();
    }

    @Test
    void whatAPollBringsThatEndsTheHoldingIsStored() {
        Event<?> first = told(ana.read(now, 3));
        store.away = true;
        indexer.turn();
        store.away = false;
        now = now.plusSeconds(1);

        Event<?> second = ana.read(now, 4);
        consumer.schedulePollTask(() -> {
            consumer.rebalance(List.of());
            consumer.rebalance(List.of(OUTCOMES));
            offset = 0;
            told(first);
            told(second);
        });
        indexer.turn();

        assertThat(store.documents).containsOnlyKeys(first.id().toString(), second.id().toString());
        assertThat(committed()).isEqualTo(2);
    }

    private Event<?> told(Event<?> event) {
        consumer.addRecord(record(EventCodec.encode(event)));
        return event;
    }

    private ConsumerRecord<String, byte[]> record(byte[] value) {
        return new ConsumerRecord<>(Topics.OUTCOMES, 0, offset++, "acme", value);
    }

    private long committed() {
        var at = consumer.committed(Set.of(OUTCOMES)).get(OUTCOMES);
        return at == null ? 0 : at.offset();
    }
}
