package dev.sallyport.schema.reply;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.seal.DataKey;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * What an executor answers. It travels sealed under the data key that sealed the call's arguments,
 * bound to the call: the broker does not see it, and nobody without that key can answer in the
 * executor's place. What is sealed is one line of JSON that tells how the call ended, and after it
 * the result's bytes as they are passed on.
 */
public final class Reply {
    private static final byte END_OF_HEAD = '\n';

    /** Stands for the rows of a result of an executor before they were told: as many as may be. */
    private static final long ROWS_UNTOLD = Integer.MAX_VALUE;

    private static final byte[] NO_RESULT = new byte[0];

    private final Ended ended;
    private final @Nullable String code;
    private final @Nullable String message;
    private final long rows;
    private final byte[] result;

    private record Head(
            Ended ended, @Nullable String code, @Nullable String message, @Nullable Long rows) {
        Head {
            Objects.requireNonNull(ended, "ended");
        }
    }

    private Reply(
            Ended ended,
            @Nullable String code,
            @Nullable String message,
            long rows,
            byte[] result) {
        this.ended = ended;
        this.code = code;
        this.message = message;
        this.rows = rows;
        this.result = result;
    }

    /**
     * The reply to a call that succeeded.
     *
     * @param result a JSON object; not copied
     * @param rows how many rows stand in it
     */
    public static Reply succeeded(byte[] result, long rows) {
        return new Reply(Ended.SUCCEEDED, null, null, rows, result);
    }

    /**
     * The reply to a call that ended in any other way.
     *
     * @param ended anything but {@link Ended#SUCCEEDED}
     */
    public static Reply failed(Ended ended, @Nullable String code, @Nullable String message) {
        if (ended == Ended.SUCCEEDED) {
            throw new IllegalArgumentException("a call that succeeded did not fail");
        }
        return new Reply(ended, code, message, 0, NO_RESULT);
    }

    /** The bytes that travel. */
    public byte[] seal(DataKey key, CallId call) {
        byte[] head = Json.mapper().writeValueAsBytes(new Head(ended, code, message, rows));
        byte[] plain = Arrays.copyOf(head, head.length + 1 + result.length);
        plain[head.length] = END_OF_HEAD;
        System.arraycopy(result, 0, plain, head.length + 1, result.length);
        return key.sealReply(plain, call);
    }

    /**
     * The reply in the bytes.
     *
     * @throws SchemaException {@code seal_broken} if they were not sealed with this key for this
     *     call; {@code reply_malformed}
     */
    public static Reply open(byte[] sealed, DataKey key, CallId call) {
        byte[] plain = key.openReply(sealed, call);
        int end = 0;
        while (end < plain.length && plain[end] != END_OF_HEAD) {
            end++;
        }
        if (end == plain.length) {
            throw new SchemaException("reply_malformed", "the reply has no head");
        }
        try {
            Head head = Json.mapper().readValue(plain, 0, end, Head.class);
            byte[] result = Arrays.copyOfRange(plain, end + 1, plain.length);
            Long rows = head.rows();
            return new Reply(
                    head.ended(),
                    head.code(),
                    head.message(),
                    rows != null ? rows : result.length == 0 ? 0 : ROWS_UNTOLD,
                    result);
        } catch (JacksonException e) {
            // without the cause, which may quote the message
            throw new SchemaException("reply_malformed", "the reply's head cannot be read");
        }
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

    /** How many rows the result has; more than any where that was not told. */
    public long rows() {
        return rows;
    }

    /** The result, a JSON object; of no length where there is none. */
    public byte[] result() {
        return result;
    }
}
