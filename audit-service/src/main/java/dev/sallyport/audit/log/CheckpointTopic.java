package dev.sallyport.audit.log;

import dev.sallyport.audit.note.Checkpoint;
import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.note.SignedNote;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last signed checkpoint of each log, outside of the database: whoever puts an older copy of
 * the database in its place does not get a second log signed. A compacted topic, read whole at the
 * start; what is read counts only with the signature of this service's own key.
 *
 * <p>What was signed last may be asked for by any thread; one thread publishes.
 */
public final class CheckpointTopic implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointTopic.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration ACKNOWLEDGED_WITHIN = Duration.ofSeconds(5);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    private final Producer<String, byte[]> producer;
    private final NoteSigner signer;
    private final Map<TenantId, TreeHead> last = new ConcurrentHashMap<>();
    private boolean otherKeys; // told while it is opened

    private CheckpointTopic(Producer<String, byte[]> producer, NoteSigner signer) {
        this.producer = producer;
        this.signer = signer;
    }

    /**
     * Reads the topic whole, and opens it for writing.
     *
     * @param within how long that may take
     * @throws AuditException {@code checkpoints_unavailable}
     */
    public static CheckpointTopic open(
            KafkaSettings kafka, NoteSigner signer, InstantSource clock, Duration within) {
        var topic =
                new CheckpointTopic(
                        new KafkaProducer<>(
                                kafka.producer("audit-checkpoints", ACKNOWLEDGED_WITHIN)),
                        signer);
        try {
            topic.read(kafka, clock, clock.instant().plus(within));
            return topic;
        } catch (RuntimeException failed) {
            topic.close();
            throw failed instanceof KafkaException
                    ? unavailable("the topic cannot be read", failed)
                    : failed;
        }
    }

    private void read(KafkaSettings kafka, InstantSource clock, Instant until) {
        var settings = kafka.consumer("audit-checkpoints-read");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        try (var consumer = new KafkaConsumer<String, byte[]>(settings)) {
            var partitions =
                    Optional.ofNullable(consumer.partitionsFor(Topics.CHECKPOINTS))
                            .orElse(List.of())
                            .stream()
                            .map(info -> new TopicPartition(info.topic(), info.partition()))
                            .toList();
            if (partitions.isEmpty()) {
                throw unavailable(
                        "there is no such topic: create it, compacted and with one partition",
                        null);
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream()
                    .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                if (clock.instant().isAfter(until)) {
                    throw unavailable("the topic could not be read in time", null);
                }
                consumer.poll(POLL).forEach(this::take);
            }
        }
    }

    private void take(ConsumerRecord<String, byte[]> record) {
        String prefix = signer.verifier().name() + "/";
        String suffix = suffix();
        String key = record.key();
        if (key == null || !key.startsWith(prefix)) {
            // another service's log
            return;
        }
        if (!key.endsWith(suffix)) {
            otherKeys |= record.value() != null;
            return;
        }
        try {
            var tenant =
                    new TenantId(key.substring(prefix.length(), key.length() - suffix.length()));
            var tree = signedTree(tenant, record.value());
            // a record of an older one may have been written later, by whoever may write the topic
            last.merge(tenant, tree, (one, other) -> one.size() >= other.size() ? one : other);
        } catch (IllegalArgumentException unusable) {
            LOG.atWarn()
                    .addKeyValue("offset", record.offset())
                    .addKeyValue("reason", unusable.getMessage())
                    .log("record of the checkpoints topic is not this service's and is ignored");
        }
    }

    private TreeHead signedTree(TenantId tenant, byte @Nullable [] value) {
        if (value == null) {
            throw new IllegalArgumentException("it was removed");
        }
        var note = SignedNote.parse(value);
        var checkpoint = Checkpoint.parse(note.text());
        String origin = originOf(tenant);
        if (!checkpoint.origin().equals(origin)
                || !note.signedBy(signer.verifier().named(origin))) {
            throw new IllegalArgumentException("it is not signed for this log");
        }
        return checkpoint.tree();
    }

    /** Whether logs of this name were signed with other keys. */
    boolean hasOtherKeys() {
        return otherKeys;
    }

    /** The key's name, with which the name of each log begins. */
    String name() {
        return signer.verifier().name();
    }

    /** The key's id in hexadecimal digits. */
    String keyId() {
        return HexFormat.of().toHexDigits(signer.verifier().id());
    }

    /** What was signed last of the tenant's log, as far as this topic tells. */
    Optional<TreeHead> last(TenantId tenant) {
        return Optional.ofNullable(last.get(tenant));
    }

    /** What was signed last of each log. */
    public Map<TenantId, TreeHead> last() {
        return Map.copyOf(last);
    }

    /**
     * Signs the trees and publishes the checkpoints here, and returns the notes when the broker has
     * them all. From then on nothing is signed that contradicts them.
     *
     * @throws KafkaException when the broker did not take them
     */
    Map<TenantId, PublishedCheckpoint> publish(Map<TenantId, TreeHead> trees) {
        var signed = new ConcurrentHashMap<TenantId, PublishedCheckpoint>();
        var sent = new ArrayList<Future<RecordMetadata>>();
        trees.forEach((tenant, tree) -> {
            String origin = originOf(tenant);
            String note = signer.named(origin).sign(new Checkpoint(origin, tree).text());
            signed.put(tenant, new PublishedCheckpoint(tree, note));
            sent.add(
                    producer.send(
                            new ProducerRecord<>(
                                    Topics.CHECKPOINTS,
                                    origin + suffix(),
                                    note.getBytes(StandardCharsets.UTF_8))));
        });
        try {
            for (Future<RecordMetadata> one : sent) {
                one.get(2 * ACKNOWLEDGED_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new KafkaException("the checkpoints topic took no checkpoint", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
        last.putAll(trees);
        return signed;
    }

    /** Whether the note is this service's, and signs this tree of the tenant's log. */
    boolean hasSigned(TenantId tenant, PublishedCheckpoint checkpoint) {
        try {
            byte[] note = checkpoint.note().getBytes(StandardCharsets.UTF_8);
            return signedTree(tenant, note).equals(checkpoint.tree());
        } catch (IllegalArgumentException others) {
            return false;
        }
    }

    /** What each signature of this key under a checkpoint of the log begins with. */
    String signatureLine(TenantId tenant) {
        var verifier = signer.verifier().named(originOf(tenant));
        byte[] id = ByteBuffer.allocate(Integer.BYTES).putInt(verifier.id()).array();
        // the fifth character is the last one with bits of the id alone
        String begin = Base64.getEncoder().encodeToString(id).substring(0, 5);
        return "\n\u2014 " + verifier.name() + " " + begin;
    }

    private String originOf(TenantId tenant) {
        return signer.verifier().name() + "/" + tenant;
    }

    /** The key's own id keeps the logs of different keys apart. */
    private String suffix() {
        return "+" + keyId();
    }

    private static AuditException unavailable(String why, @Nullable Throwable cause) {
        return new AuditException(
                AuditProblem.CHECKPOINTS_UNAVAILABLE,
                "without the topic " + Topics.CHECKPOINTS + " nothing is signed: " + why,
                cause);
    }

    @Override
    public void close() {
        producer.close(CLOSE_WITHIN);
    }
}
