package dev.sallyport.audit.ingest;

import dev.sallyport.audit.log.CheckpointPublisher;
import dev.sallyport.audit.turn.TurnLoop;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
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

    /** A batch costs one transaction, whether of one entry or of hundreds. */
    private static final Duration GATHER = Duration.ofMillis(250);

    /** What is worth a batch before that time is over. */
    private static final int GATHER_BYTES = 1024 * 1024;

    /** How long a turn waits for records; a little more than the broker gathers. */
    private static final Duration POLL = GATHER.plusMillis(50);

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    private final KafkaConsumer<String, byte[]> consumer;
    private final LogWriter writer;
    private final CheckpointPublisher publisher;
    private final InstantSource clock;
    private final Map<TopicPartition, Long> positions = new HashMap<>();
    private final AtomicLong rejected = new AtomicLong();
    private Instant topicsSeen = Instant.MIN;
    private boolean seeking = true;

    /**
     * @param recordsMax the most records of one transaction
     */
    public Ingest(
            KafkaSettings kafka,
            int recordsMax,
            Jdbi jdbi,
            CheckpointPublisher publisher,
            InstantSource clock) {
        var settings = kafka.consumer("audit-ingest");
        settings.putAll(KafkaSettings.gathering(GATHER));
        settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, GATHER_BYTES);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, recordsMax);
        this.consumer = new KafkaConsumer<>(settings);
        this.writer = new LogWriter(jdbi);
        this.publisher = publisher;
        this.clock = clock;
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
        assign();
        if (consumer.assignment().isEmpty()) {
            return 0;
        }
        ConsumerRecords<String, byte[]> records = consumer.poll(wait);
        if (records.isEmpty()) {
            return 0;
        }
        var batch = batch(records);
        var written = writer.write(batch, clock.instant());
        batch.stretches().forEach((partition, stretch) -> positions.put(partition, stretch.next()));
        publisher.grown(written.grown());
        report(written);
        return records.count();
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
        seeking = true;
    }

    /** How many records were no event of the tenant that they name, since the start. */
    public long rejected() {
        return rejected.get();
    }

    private void assign() {
        var now = clock.instant();
        if (!seeking && now.isBefore(topicsSeen.plus(TOPICS_EVERY))) {
            return;
        }
        var partitions = new ArrayList<TopicPartition>();
        consumer.listTopics()
                .forEach((topic, parts) -> {
                    if (isOurs(topic)) {
                        parts.stream().map(Ingest::partition).forEach(partitions::add);
                    }
                });
        topicsSeen = now;
        var fresh =
                partitions.stream()
                        .filter(partition -> seeking || !positions.containsKey(partition))
                        .toList();
        if (fresh.isEmpty()) {
            return;
        }
        consumer.assign(partitions);
        seek(fresh);
        seeking = false;
    }

    private void seek(List<TopicPartition> partitions) {
        var consumed = writer.consumed(partitions);
        var beginnings = consumer.beginningOffsets(partitions);
        for (TopicPartition partition : partitions) {
            long beginning = beginnings.getOrDefault(partition, 0L);
            long next = consumed.getOrDefault(partition, beginning);
            if (beginning > next) {
                LOG.atError()
                        .addKeyValue("partition", partition)
                        .addKeyValue("from", next)
                        .addKeyValue("to", beginning)
                        .log("records were deleted from Kafka before they came into the log");
            }
            long from = Math.max(beginning, next);
            positions.put(partition, from);
            consumer.seek(partition, from);
        }
        LOG.atInfo()
                .addKeyValue("partitions", partitions.size())
                .log("ingestion reads on where the log ends");
    }

    private LogWriter.Batch batch(ConsumerRecords<String, byte[]> records) {
        var received = new ArrayList<Received>(records.count());
        var stretches = new HashMap<TopicPartition, LogWriter.Stretch>();
        for (TopicPartition partition : records.partitions()) {
            List<ConsumerRecord<String, byte[]>> ofPartition = records.records(partition);
            ofPartition.forEach(record -> received.add(RecordReader.read(record)));
            long from = positions.getOrDefault(partition, 0L);
            stretches.put(
                    partition, new LogWriter.Stretch(from, ofPartition.getLast().offset() + 1));
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

    private static boolean isOurs(String topic) {
        return topic.startsWith(Topics.COMMANDS_PREFIX)
                || topic.equals(Topics.OUTCOMES)
                || topic.equals(Topics.SIGNALS);
    }

    private static TopicPartition partition(PartitionInfo info) {
        return new TopicPartition(info.topic(), info.partition());
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
        consumer.close(CloseOptions.timeout(CLOSE_WITHIN));
    }
}
