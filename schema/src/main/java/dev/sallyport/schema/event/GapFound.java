package dev.sallyport.schema.event;

import org.jspecify.annotations.Nullable;

/**
 * The audit service noticed that records of a topic may be missing in its logs. It is the only
 * event that comes from no topic: the service writes it into the logs of the tenants whose records
 * the partition holds, and into the platform's own.
 *
 * @param from the first record that may be missing
 * @param next the first one after it that was read; null where nobody can know how many there were
 * @param reason in plain words
 */
public record GapFound(
        String topic, int partition, long from, @Nullable Long next, GapCause cause, String reason)
        implements Payload {
    /** The records, such as {@code sallyport.outcomes-2 from 17 to 20}. */
    String place() {
        return topic + "-" + partition + " from " + from + (next == null ? "" : " to " + next);
    }
}
