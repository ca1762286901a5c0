package dev.sallyport.monitor.index;

import dev.sallyport.monitor.fault.MonitorException;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.FlatEvent;
import dev.sallyport.schema.topic.Placement;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads events and stores their documents. Offsets move only when every document of a poll is
 * stored or was there before; until then the same documents are tried again, and nothing more is
 * read. What an index refuses for good, and what is no event, becomes a document of {@link
 * Document#REFUSED} instead. A crash in between repeats documents, whose ids make that harmless.
 * Not for several threads.
 */
final class Indexer {
    private static final Logger LOG = LoggerFactory.getLogger(Indexer.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PAUSE_MIN = Duration.ofMillis(250);
    private static final Duration PAUSE_MAX = Duration.ofSeconds(10);

    private final Consumer<String, byte[]> consumer;
    private final DocumentStore store;
    private final InstantSource clock;
    private final IndexTally tally;
    private @Nullable Held held;

    Indexer(
            Consumer<String, byte[]> consumer,
            DocumentStore store,
            InstantSource clock,
            IndexTally tally) {
        this.consumer = consumer;
        this.store = store;
        this.clock = clock;
        this.tally = tally;
        consumer.subscribe(List.of(Topics.OUTCOMES, Topics.SIGNALS), new Rebalance());
    }

    /** Documents that wait for the store, and when to try next. */
    private record Held(List<Document> documents, int attempts, Instant next) {
        Held later(List<Document> left, Instant now) {
            long millis = PAUSE_MIN.toMillis() << Math.min(attempts, 10);
            Duration pause = Duration.ofMillis(Math.min(millis, PAUSE_MAX.toMillis()));
            return new Held(left, attempts + 1, now.plus(pause));
        }
    }

    /** One turn: read, or try again what is held; answers how many documents left our hands. */
    int turn() {
        // while documents are held the partitions are paused, and polling keeps our place in the
        // group; a rebalance ends the holding, and the same poll may then bring records
        ConsumerRecords<String, byte[]> records = consumer.poll(patience());
        Held waiting = held;
        if (waiting == null && !records.isEmpty()) {
            waiting = new Held(documents(records), 0, clock.instant());
        }
        int done = waiting == null || clock.instant().isBefore(waiting.next()) ? 0 : store(waiting);
        Set<TopicPartition> assigned = consumer.assignment();
        tally.turned(clock.instant(), assigned.size(), unread(assigned));
        return done;
    }

    /** As far as the consumer knows without asking: it is told with every fetch. */
    private long unread(Set<TopicPartition> assigned) {
        return assigned.stream().mapToLong(each -> consumer.currentLag(each).orElse(0)).sum();
    }

    private Duration patience() {
        Held waiting = held;
        if (waiting == null) {
            return POLL;
        }
        Duration rest = Duration.between(clock.instant(), waiting.next());
        return rest.isNegative() ? Duration.ZERO : rest.compareTo(POLL) < 0 ? rest : POLL;
    }

    private int store(Held waiting) {
        List<Document> left = new ArrayList<>();
        List<Document> refused = new ArrayList<>();
        String why = "";
        try {
            List<Creation> creations =
                    waiting.documents().isEmpty() ? List.of() : store.create(waiting.documents());
            for (int i = 0; i < creations.size(); i++) {
                Document document = waiting.documents().get(i);
                switch (creations.get(i)) {
                    case Creation.Created _ -> tally.countCreated();
                    case Creation.AlreadyThere _ -> tally.countAlreadyThere();
                    case Creation.Busy(String reason) -> {
                        left.add(document);
                        why = reason;
                    }
                    case Creation.Refused(String reason) ->
                            giveUp(document, reason).ifPresent(refused::add);
                }
            }
        } catch (MonitorException e) {
            if (waiting.attempts() == 0) {
                LOG.atWarn()
                        .addKeyValue("code", e.code())
                        .addKeyValue("documents", waiting.documents().size())
                        .setCause(e)
                        .log("the index takes no documents; they are held and tried again");
            }
            hold(waiting.later(waiting.documents(), clock.instant()));
            return 0;
        }
        if (left.isEmpty() && !refused.isEmpty()) {
            return waiting.documents().size()
                    - refused.size()
                    + store(new Held(refused, waiting.attempts(), waiting.next()));
        }
        left.addAll(refused);
        if (!left.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("documents", left.size())
                    .addKeyValue("why", why)
                    .log("the index is busy; these documents are tried again");
            hold(waiting.later(left, clock.instant()));
            return waiting.documents().size() - left.size();
        }
        consumer.commitSync();
        if (held != null) {
            LOG.atInfo()
                    .addKeyValue("attempts", waiting.attempts() + 1)
                    .log("the index takes documents again");
            follow();
        }
        return waiting.documents().size();
    }

    private Optional<Document> giveUp(Document document, String reason) {
        tally.countRefused();
        Optional<Document> kept = Documents.refused(document, reason, clock.instant());
        LOG.atError()
                .addKeyValue("index", document.index())
                .addKeyValue("id", document.id())
                .addKeyValue("why", reason)
                .addKeyValue("kept", kept.isPresent())
                .log("the index refused a document for good");
        return kept;
    }

    private void hold(Held later) {
        held = later;
        consumer.pause(consumer.assignment());
        tally.holding(clock.instant());
    }

    private void follow() {
        held = null;
        consumer.resume(consumer.paused());
        tally.following();
    }

    /**
     * Of several with one id the first, which counts. The store keeps the one that it is given
     * first, and that must not be a later one because the first was busy.
     */
    private List<Document> documents(ConsumerRecords<String, byte[]> records) {
        Map<String, Document> documents = LinkedHashMap.newLinkedHashMap(records.count());
        for (ConsumerRecord<String, byte[]> record : records) {
            Optional<Document> document = document(record);
            if (document.isPresent()
                    && documents.putIfAbsent(document.get().id(), document.get()) != null) {
                tally.countAlreadyThere();
            }
        }
        return List.copyOf(documents.values());
    }

    private Optional<Document> document(ConsumerRecord<String, byte[]> record) {
        try {
            Event<?> event =
                    EventCodec.decode(record.value() == null ? new byte[0] : record.value());
            if (Placement.isRightful(record.topic(), event.data())) {
                return Documents.of(FlatEvent.of(event));
            }
            return Optional.of(skipped(record, "event_misplaced"));
        } catch (SchemaException e) {
            return Optional.of(skipped(record, e.code()));
        }
    }

    private Document skipped(ConsumerRecord<String, byte[]> record, String code) {
        tally.countUndecodable();
        LOG.atWarn()
                .addKeyValue("topic", record.topic())
                .addKeyValue("partition", record.partition())
                .addKeyValue("offset", record.offset())
                .addKeyValue("code", code)
                .log("a record that is no event of its topic was skipped");
        return Documents.unreadable(record, code, clock.instant());
    }

    /**
     * With eager assignment every rebalance starts again from the committed offsets: what is held
     * will be read again.
     */
    private final class Rebalance implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            if (held != null) {
                follow();
            }
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            LOG.atDebug().addKeyValue("partitions", partitions.size()).log("partitions assigned");
        }
    }
}
