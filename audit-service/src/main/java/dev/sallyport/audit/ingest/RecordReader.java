package dev.sallyport.audit.ingest;

import dev.sallyport.audit.search.Facts;
import dev.sallyport.audit.tree.EntryBundle;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.topic.Placement;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Tells what a Kafka record is. It never fails: a record that cannot be read is an outcome too. */
final class RecordReader {
    private static final int REASON_CHARS_MAX = 300;

    /** What every reader of a time can hold. */
    private static final Instant TIME_MIN = Instant.EPOCH;

    private static final Instant TIME_MAX = Instant.parse("9999-12-31T00:00:00Z");

    private RecordReader() {}

    /**
     * @param generation of the record's partition
     */
    static Received read(ConsumerRecord<String, byte[]> record, int generation) {
        return read(record, Received.Origin.of(record, generation), Facts::of);
    }

    /**
     * @param facts what makes the facts of an event
     */
    static Received read(
            ConsumerRecord<String, byte[]> record,
            Received.Origin origin,
            Function<Event<?>, Facts> facts) {
        byte @Nullable [] value = record.value();
        if (value == null || value.length == 0) {
            return rejected(
                    record, origin, "event_empty", "the record has no value", Optional.empty());
        }
        if (value.length > EntryBundle.ENTRY_BYTES_MAX) {
            String reason =
                    "the record has "
                            + value.length
                            + " bytes, and an entry at most "
                            + EntryBundle.ENTRY_BYTES_MAX;
            return rejected(record, origin, "event_too_large", reason, Optional.empty());
        }
        var leaf = new Received.Leaf(value);
        try {
            Event<?> event = EventCodec.decode(value);
            if (!event.tenant().value().equals(record.key())) {
                return rejected(
                        record,
                        origin,
                        "tenant_mismatch",
                        "the record's key is not the event's tenant",
                        Optional.of(leaf));
            }
            if (event.time().isBefore(TIME_MIN) || !event.time().isBefore(TIME_MAX)) {
                return rejected(
                        record,
                        origin,
                        "event_malformed",
                        "the event's time is not in 1970 to 9999",
                        Optional.of(leaf));
            }
            if (!Placement.isRightful(record.topic(), event.data())) {
                return rejected(
                        record,
                        origin,
                        "event_misplaced",
                        event.type().kind()
                                + " is taken from "
                                + Placement.of(event.data())
                                + " only",
                        Optional.of(leaf));
            }
            return new Received.Accepted(
                    origin, event.tenant(), event.id().value(), leaf, facts.apply(event));
        } catch (SchemaException unreadable) {
            return rejected(
                    record,
                    origin,
                    unreadable.code(),
                    String.valueOf(unreadable.getMessage()),
                    Optional.of(leaf));
        } catch (RuntimeException unforeseen) {
            // its message may quote the event
            return rejected(
                    record,
                    origin,
                    "event_malformed",
                    "the event could not be read: " + unforeseen.getClass().getSimpleName(),
                    Optional.of(leaf));
        }
    }

    private static Received.Rejected rejected(
            ConsumerRecord<String, byte[]> record,
            Received.Origin origin,
            String code,
            String reason,
            Optional<Received.Leaf> leaf) {
        String shortened =
                reason.length() > REASON_CHARS_MAX ? reason.substring(0, REASON_CHARS_MAX) : reason;
        return new Received.Rejected(
                origin,
                Instant.ofEpochMilli(Math.max(0, record.timestamp())),
                code,
                // PostgreSQL's text knows no NUL
                shortened.replace('\0', ' '),
                leaf);
    }
}
