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

    /** Too many calls wait already; it was not published. */
    record Overloaded() implements Dispatched {}

    /** The command does not fit into an event; it was not published. */
    record TooLarge() implements Dispatched {}
}
