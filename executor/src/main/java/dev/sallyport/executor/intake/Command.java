package dev.sallyport.executor.intake;

import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallWithdrawn;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.registry.Database;

/** What a delivered command was found to be. */
public sealed interface Command {
    /**
     * It is in order and may run.
     *
     * @param access what it may do in the database
     */
    record Accepted(Event<CallAuthorized> event, Database database, Access access)
            implements Command {}

    /** A gateway signed it, and it must not run: it settles with this code. */
    record Refused(Event<CallAuthorized> event, String code, String message) implements Command {}

    /** Its deadline has passed. */
    record Expired(Event<CallAuthorized> event) implements Command {}

    /** Nobody waits for a call any more: it is to be stopped, unless it has ended. */
    record Withdrawn(Event<CallWithdrawn> event) implements Command {}

    /**
     * No gateway is known to have signed it, so nothing in it is to be believed, not even which
     * call it speaks of: it is skipped and settles nothing.
     */
    record Unbelievable(String code, String why) implements Command {}
}
