package dev.sallyport.monitor.stream;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.FlatEvent;
import dev.sallyport.schema.topic.Placement;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Reads events, and what they mean to the detectors. An event is believed only from the topic where
 * it belongs: who may write the one may not speak for the other.
 */
record Intake(StreamTally tally) {
    private static final Logger LOG = LoggerFactory.getLogger(Intake.class);
    private static final byte[] NOTHING = {};

    /** An event, and what follows from it. */
    record Reading(FlatEvent event, List<Notice> notices) {}

    /** Null for a record that is skipped; it is counted and logged. */
    @Nullable Reading read(byte @Nullable [] value, @Nullable RecordMetadata from, long nowMillis) {
        Event<?> event = decoded(value, from);
        if (event == null || !inItsPlace(event, from)) {
            return null;
        }
        try {
            FlatEvent flat = FlatEvent.of(event);
            return new Reading(flat, Observations.of(flat, bounded(event.time(), nowMillis)));
        } catch (RuntimeException e) {
            // one bad record, such as one of fewer rows than none, must not stop the topic
            tally.countUndecodable();
            skipped(from)
                    .addKeyValue("fault", e.getClass().getName())
                    .log("an event that means nothing was skipped");
            return null;
        }
    }

    private @Nullable Event<?> decoded(byte @Nullable [] value, @Nullable RecordMetadata from) {
        try {
            return EventCodec.decode(value == null ? NOTHING : value);
        } catch (SchemaException e) {
            tally.countUndecodable();
            skipped(from)
                    .addKeyValue("code", e.code())
                    .log("a record that is no event was skipped");
            return null;
        }
    }

    private boolean inItsPlace(Event<?> event, @Nullable RecordMetadata from) {
        if (Placement.isRightful(from == null ? "" : from.topic(), event.data())) {
            return true;
        }
        tally.countMisplaced();
        skipped(from).log("an event that does not belong to its topic was skipped");
        return false;
    }

    /** A warning that names the record, and nothing of what it holds. */
    private static LoggingEventBuilder skipped(@Nullable RecordMetadata from) {
        return LOG.atWarn()
                .addKeyValue("topic", from == null ? "" : from.topic())
                .addKeyValue("partition", from == null ? -1 : from.partition())
                .addKeyValue("offset", from == null ? -1 : from.offset());
    }

    /**
     * The event's time, or now where it claims to be ahead: one broken clock shall not make all
     * others late.
     */
    private static Instant bounded(Instant claimed, long nowMillis) {
        Instant now = Instant.ofEpochMilli(nowMillis);
        return claimed.isAfter(now.plus(SeenIds.AHEAD_MAX)) ? now : claimed;
    }
}
