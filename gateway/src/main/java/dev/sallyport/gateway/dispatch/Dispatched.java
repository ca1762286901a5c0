package dev.sallyport.gateway.dispatch;

import dev.sallyport.schema.reply.Reply;

/** What became of a command. */
public sealed interface Dispatched {

    record Answered(Reply reply) implements Dispatched {}

    /**
     * The log did not take it, so it did not run; should it arrive late, its deadline will have
     * passed or the log shows it.
     */
    record LogUnavailable() implements Dispatched {}

    /** Nobody answered by the deadline; how it ends stands in the audit log. */
    record DeadlineExceeded() implements Dispatched {}

    /** It was answered, and there is no room for its result of that size. */
    record ResultDropped(int bytes) implements Dispatched {}

    /** Nobody waits for the answer; the executor was told to stop the call. */
    record Withdrawn() implements Dispatched {}

    /** The cell has had no executor for some time; it was not published. */
    record CellDeserted() implements Dispatched {}

    /** As many calls wait for the cell's executors as may; it was not published. */
    record CellBusy() implements Dispatched {}

    /** The command does not fit into an event; it was not published. */
    record TooLarge() implements Dispatched {}
}
