package dev.sallyport.audit.ingest;

import dev.sallyport.audit.log.CheckpointPublisher;
import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.audit.turn.TurnLoop;
import dev.sallyport.schema.event.GapCause;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.KafkaSettings;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the events of all tenants from Kafka and writes them into the logs, each exactly once:
 * where reading goes on stands in the same transaction as the entries, and nowhere else. Not for
 * several threads at once.
 */
public final class Ingest implements TurnLoop.Job {
    private static final Logger LOG = LoggerFactory.getLogger(Ingest.class);

    /** How often it is looked for topics of new cells. */
    private static final Duration TOPICS_EVERY = Duration.ofSeconds(5);

    /** How often a log that could not be written is tried again. */
    private static final Duration UNPARK_EVERY = Duration.ofSeconds(5);

    /** A batch costs one transaction, whether of one entry or of hundreds. */
    private static final Duration GATHER = Duration.ofMillis(250);

    /** What is worth a batch before that time is over. */
    private static final int GATHER_BYTES = 1024 * 1024;

    /** How long a turn waits for records; a little more than the broker gathers. */
    private static final Duration POLL = GATHER.plusMillis(50);

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    private final KafkaConsumer<String, byte[]> consumer;
    private final EventTopics topics;
    private final LogWriter writer;
    private final CheckpointPublisher publisher;
    private final InstantSource clock;
    private final Map<TopicPartition, Position> positions = new HashMap<>();
    private final AtomicLong rejected = new AtomicLong();
    private final AtomicLong gaps = new AtomicLong();
    private volatile Progress progress;
    private Instant topicsSeen = Instant.MIN;
    private Instant unparked = Instant.MIN;

    /** Where reading of a partition has come to. */
    private record Position(UUID topicId, int generation, long next) {}

    /**
     * @param recordsMax the most records of one transaction
     * @param seal seals what is written of the topics
     */
    public Ingest(
            KafkaSettings kafka,
            int recordsMax,
            Jdbi jdbi,
            RowSeal seal,
            CheckpointPublisher publisher,
            InstantSource clock) {
        var settings = kafka.consumer("audit-ingest");
        settings.putAll(KafkaSettings.gathering(GATHER));
        settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, GATHER_BYTES);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, recordsMax);
        // a place that is not there any more is a gap, and nothing to be passed over
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        this.topics = new EventTopics(kafka);
        this.consumer = new KafkaConsumer<>(settings);
        this.writer = new LogWriter(jdbi, seal);
        this.publisher = publisher;
        this.clock = clock;
        this.progress = Progress.none(clock.instant());
    }

    @Override
    public int turn() {
        return turn(POLL);
    }

    /** A turn waits itself. */
    @Override
    public Duration pause() {
        return Duration.ZERO;
    }

    /**
     * One turn: polls, and writes what came.
     *
     * @param wait how long to wait for records at the most
     * @return the number of records that were dealt with
     */
    public int turn(Duration wait) {
        unpark();
        follow();
        if (consumer.assignment().isEmpty()) {
            return 0;
        }
        ConsumerRecords<String, byte[]> records;
        try {
            records = consumer.poll(wait);
        } catch (OffsetOutOfRangeException gone) {
            topics.look();
            resume(gone.partitions(), gone instanceof LogTruncationException);
            return 0;
        }
        if (!records.isEmpty()) {
            write(batch(records));
        }
        progress = progressed(!records.isEmpty());
        return records.count();
    }

    /** As far as the consumer knows without asking. */
    private Progress progressed(boolean written) {
        var lags = new TreeMap<String, Long>();
        boolean known = true;
        for (TopicPartition partition : consumer.assignment()) {
            var lag = consumer.currentLag(partition);
            known &= lag.isPresent();
            if (lag.orElse(0) > 0) {
                lags.put(partition.toString(), lag.getAsLong());
            }
        }
        boolean caughtUp = known && lags.isEmpty();
        return new Progress(lags, known, written || caughtUp ? clock.instant() : progress.since());
    }

    /** Events that waited for their log come before those that are read now. */
    private void unpark() {
        var now = clock.instant();
        if (now.isBefore(unparked.plus(UNPARK_EVERY))) {
            return;
        }
        for (var written : writer.unpark(now)) {
            publisher.grown(written.grown());
            report(written);
        }
        unparked = now;
    }

    private void write(LogWriter.Batch batch) {
        var written = writer.write(batch, clock.instant());
        batch.stretches()
                .forEach(stretch ->
                        positions.put(
                                stretch.partition(),
                                new Position(
                                        stretch.topicId(), stretch.generation(), stretch.next())));
        publisher.grown(written.grown());
        report(written);
    }

    /**
     * After a failure: nothing that is remembered counts any more, and reading goes on where the
     * database says. It makes no difference whether a transaction whose answer was lost was
     * committed or not.
     */
    @Override
    public void startOver() {
        writer.forget();
        positions.clear();
        topicsSeen = Instant.MIN;
        unparked = Instant.MIN;
    }

    /** How many records were no event of the tenant that they name, since the start. */
    public long rejected() {
        return rejected.get();
    }

    /** How far it is; from any thread. */
    public Progress progress() {
        return progress;
    }

    /** The logs that cannot be written, each with the reason; from any thread. */
    public Map<TenantId, String> stuck() {
        return writer.stuck();
    }

    /** How many gaps were found since the start. */
    public long gaps() {
        return gaps.get();
    }

    /** Looks for topics of new cells, and for topics that were made anew. */
    private void follow() {
        var now = clock.instant();
        if (now.isBefore(topicsSeen.plus(TOPICS_EVERY))) {
            return;
        }
        topics.look();
        topicsSeen = now;
        var partitions = topics.partitions();
        var fresh =
                partitions.stream()
                        .filter(partition -> {
                            var position = positions.get(partition);
                            return position == null
                                    || !position.topicId().equals(topics.idOf(partition));
                        })
                        .toList();
        if (!fresh.isEmpty() || !consumer.assignment().equals(Set.copyOf(partitions))) {
            consumer.assign(partitions);
            positions.keySet().retainAll(Set.copyOf(partitions));
            resume(fresh, false);
        }
    }

    /**
     * Goes on where the database says, or where Kafka still can, and writes what nobody can read
     * any more into the logs.
     *
     * @param truncated whether the broker says that records which were read are gone
     */
    private void resume(Collection<TopicPartition> partitions, boolean truncated) {
        var consumed = writer.consumed(partitions);
        var begins = consumer.beginningOffsets(partitions);
        var ends = consumer.endOffsets(partitions);
        for (TopicPartition partition : partitions) {
            long begin = begins.getOrDefault(partition, 0L);
            var found =
                    new Resumption.Found(
                            partition,
                            topics.idOf(partition),
                            begin,
                            Math.max(begin, ends.getOrDefault(partition, begin)),
                            truncated);
            var resumption =
                    Resumption.of(consumed.getOrDefault(partition, Consumed.NOTHING), found);
            if (!resumption.gaps().isEmpty()) {
                write(
                        new LogWriter.Batch(
                                entries(resumption.gaps()), resumption.marker().stream().toList()));
            }
            positions.put(
                    partition,
                    new Position(found.topicId(), resumption.generation(), resumption.next()));
            consumer.seek(partition, resumption.next());
        }
        LOG.atInfo()
                .addKeyValue("partitions", partitions.size())
                .log("ingestion reads on where the log ends");
    }

    /** The gaps as entries of the logs whose records the partition holds, and of the platform's. */
    private List<Received> entries(List<Gap> found) {
        var now = clock.instant();
        var tenants = writer.tenants();
        var entries = new ArrayList<Received>();
        for (Gap gap : found) {
            LOG.atError()
                    .addKeyValue("partition", gap.partition())
                    .addKeyValue("from", gap.from())
                    .addKeyValue("next", gap.next())
                    .addKeyValue("cause", gap.cause().wire())
                    .log("records may be missing in the logs: their logs say so");
            var _ = gaps.incrementAndGet();
            entries.add(gap.entry(TenantId.PLATFORM, now));
            if (gap.cause() != GapCause.FORGED) {
                tenants.stream()
                        .filter(tenant -> topics.holds(gap.partition(), tenant))
                        .filter(tenant -> !tenant.equals(TenantId.PLATFORM))
                        .map(tenant -> gap.entry(tenant, now))
                        .forEach(entries::add);
            }
        }
        return entries;
    }

    private LogWriter.Batch batch(ConsumerRecords<String, byte[]> records) {
        var received = new ArrayList<Received>(records.count());
        var stretches = new ArrayList<Stretch>();
        var skipped = new ArrayList<Gap>();
        for (TopicPartition partition : records.partitions()) {
            List<ConsumerRecord<String, byte[]>> ofPartition = records.records(partition);
            var position = Objects.requireNonNull(positions.get(partition));
            long next = position.next();
            for (ConsumerRecord<String, byte[]> record : ofPartition) {
                if (record.offset() > next && !EventTopics.hasTransactions(partition)) {
                    skipped.add(
                            new Gap(
                                    partition,
                                    position.generation(),
                                    next,
                                    record.offset(),
                                    GapCause.SKIPPED,
                                    "Kafka went on at a later record, and nobody writes this topic in transactions"));
                }
                next = record.offset() + 1;
                received.add(RecordReader.read(record, position.generation()));
            }
            stretches.add(
                    new Stretch(
                            partition,
                            position.topicId(),
                            position.generation(),
                            position.next(),
                            next));
        }
        if (!skipped.isEmpty()) {
            received.addAll(entries(skipped));
        }
        return new LogWriter.Batch(received, stretches);
    }

    private void report(LogWriter.Written written) {
        if (written.rejected() > 0) {
            LOG.atWarn()
                    .addKeyValue("count", written.rejected())
                    .addKeyValue("sinceStart", rejected.addAndGet(written.rejected()))
                    .log("records rejected: the table rejected names them");
        }
        LOG.atDebug()
                .addKeyValue("entries", written.entries())
                .addKeyValue("duplicates", written.duplicates())
                .addKeyValue("logs", written.grown().size())
                .log("batch integrated");
    }

    /**
     * Makes a waiting {@link #turn} return early with a {@link
     * org.apache.kafka.common.errors.WakeupException}; from any thread.
     */
    @Override
    public void wakeup() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        topics.close();
        consumer.close(CloseOptions.timeout(CLOSE_WITHIN));
    }
}
