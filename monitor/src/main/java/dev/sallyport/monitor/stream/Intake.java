package dev.sallyport.monitor.stream;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.FlatEvent;
import dev.sallyport.schema.topic.Placement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.WindowStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Reads events, each id once, and hands on what they mean to the detectors. An event is believed
 * only from the topic where it belongs: who may write the one may not speak for the other.
 */
final class Intake extends ContextualProcessor<String, byte[], String, Notice> {
    static final String NAME = "intake";
    static final String SEEN = "seen";

    /** How far ahead of this machine's clock an event may claim to be. */
    static final Duration AHEAD_MAX = Duration.ofMinutes(1);

    private static final Logger LOG = LoggerFactory.getLogger(Intake.class);
    private static final byte[] MARK = {1};
    private static final long SECOND = 1_000;

    private final StreamTally tally;
    private @Nullable WindowStore<String, byte[]> seen;

    Intake(StreamTally tally) {
        this.tally = tally;
    }

    @Override
    public void init(ProcessorContext<String, Notice> context) {
        super.init(context);
        seen = context.getStateStore(SEEN);
    }

    @Override
    public void process(Record<String, byte[]> record) {
        Event<?> event = decoded(record);
        if (event == null || !inItsPlace(event)) {
            return;
        }
        List<Notice> notices = notices(event);
        if (notices == null) {
            return;
        }
        if (!firstTime(event)) {
            tally.countDuplicate();
            return;
        }
        tally.countEvent();
        for (Notice notice : notices) {
            context().forward(new Record<>(notice.whose().key(), notice, record.timestamp()));
        }
    }

    private @Nullable Event<?> decoded(Record<String, byte[]> record) {
        try {
            return EventCodec.decode(record.value() == null ? new byte[0] : record.value());
        } catch (SchemaException e) {
            tally.countUndecodable();
            passedOver()
                    .addKeyValue("code", e.code())
                    .log("a record that is no event was passed over");
            return null;
        }
    }

    private boolean inItsPlace(Event<?> event) {
        String topic = context().recordMetadata().map(RecordMetadata::topic).orElse("");
        if (Placement.isRightful(topic, event.data())) {
            return true;
        }
        tally.countMisplaced();
        passedOver().log("an event that does not belong to its topic was passed over");
        return false;
    }

    /** Null for an event that cannot be true, such as one of fewer rows than none. */
    private @Nullable List<Notice> notices(Event<?> event) {
        try {
            return Observations.of(FlatEvent.of(event), bounded(event.time()));
        } catch (RuntimeException e) {
            // one bad record must not stop the topic
            tally.countUndecodable();
            passedOver()
                    .addKeyValue("fault", e.getClass().getName())
                    .log("an event that means nothing was passed over");
            return null;
        }
    }

    /** A warning that names the record, and nothing of what it holds. */
    private LoggingEventBuilder passedOver() {
        RecordMetadata from = context().recordMetadata().orElse(null);
        return LOG.atWarn()
                .addKeyValue("topic", from == null ? "" : from.topic())
                .addKeyValue("partition", from == null ? -1 : from.partition())
                .addKeyValue("offset", from == null ? -1 : from.offset());
    }

    /**
     * Whether the id was not seen before. An id holds the time at which it was made, the same in
     * every delivery, so one look at that second tells.
     */
    private boolean firstTime(Event<?> event) {
        WindowStore<String, byte[]> ids = seen;
        if (ids == null) {
            throw new IllegalStateException("not initialised");
        }
        long made = event.id().value().getMostSignificantBits() >>> 16;
        if (made > context().currentSystemTimeMs() + AHEAD_MAX.toMillis()) {
            // such a time would push every other id out of the store
            return true;
        }
        String key = event.tenant() + "|" + event.id();
        long second = made / SECOND * SECOND;
        if (ids.fetch(key, second) != null) {
            return false;
        }
        ids.put(key, MARK, second);
        return true;
    }

    /**
     * The event's time, or now where it claims to be ahead: one broken clock shall not make all
     * others late.
     */
    private Instant bounded(Instant claimed) {
        Instant now = Instant.ofEpochMilli(context().currentSystemTimeMs());
        return claimed.isAfter(now.plus(AHEAD_MAX)) ? now : claimed;
    }
}
