package dev.sallyport.gateway.reply;

import dev.sallyport.schema.event.Ended;
import org.jspecify.annotations.Nullable;

/** What an executor answered. The result's bytes are passed on as they came. */
public final class Reply {
    private final Ended ended;
    private final @Nullable String code;
    private final @Nullable String message;
    private final byte[] result;

    Reply(Ended ended, @Nullable String code, @Nullable String message, byte[] result) {
        this.ended = ended;
        this.code = code;
        this.message = message;
        this.result = result;
    }

    public Ended ended() {
        return ended;
    }

    /** The stable code of what went wrong; null where the call succeeded. */
    public @Nullable String code() {
        return code;
    }

    /** What went wrong, in words for the caller; null where the call succeeded. */
    public @Nullable String message() {
        return message;
    }

    /** The result, a JSON object; of no length where there is none. */
    public byte[] result() {
        return result;
    }
}
