package dev.sallyport.executor.outcome;

import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.reply.Reply;
import dev.sallyport.schema.seal.DataKey;
import org.jspecify.annotations.Nullable;

/**
 * What is told of a call: to the log first, then to the gateway that waits.
 *
 * @param command the call
 * @param settled how it ended
 * @param reply for the gateway that waits
 * @param replyKey what the reply is sealed with: the key of the command's arguments; absent where
 *     it was erased, and then nothing is answered
 */
public record Outcome(
        Event<CallAuthorized> command,
        Event<CallSettled> settled,
        Reply reply,
        @Nullable DataKey replyKey) {
    @Override
    public String toString() {
        return "Outcome[" + settled.data().call() + " " + settled.data().ended() + "]";
    }
}
