package dev.sallyport.schema.topic;

import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.CallWithdrawn;
import dev.sallyport.schema.event.GapFound;
import dev.sallyport.schema.event.Payload;

/**
 * Which topic an event belongs to: the one whose writers may say so. Ids are derived and the first
 * event with an id stands, so a reader that took events from anywhere would let whoever writes
 * signals settle a call before its executor does.
 */
public final class Placement {
    private static final String NOWHERE = "no topic";

    private Placement() {}

    /** The topic, or for commands the beginning of the topics of all cells. */
    public static String of(Payload said) {
        return switch (said) {
            case CallAuthorized _, CallWithdrawn _ -> Topics.COMMANDS_PREFIX;
            // a gateway settles by itself only what concerns no database
            case CallSettled settled when settled.database() != null -> Topics.OUTCOMES;
            // from no topic: only the audit service itself can know
            case GapFound _ -> NOWHERE;
            default -> Topics.SIGNALS;
        };
    }

    /** Whether the event is to be believed where it was read. */
    public static boolean isRightful(String topic, Payload said) {
        String place = of(said);
        return place.equals(Topics.COMMANDS_PREFIX) ? topic.startsWith(place) : topic.equals(place);
    }
}
