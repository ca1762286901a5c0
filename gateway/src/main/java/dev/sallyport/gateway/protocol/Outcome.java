package dev.sallyport.gateway.protocol;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.json.JsonBuffer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What became of one request, before it takes the form that the caller's revision wants. */
public sealed interface Outcome {

    /** The result is final. */
    record Complete(Members members) implements Outcome {}

    /**
     * A tool was called.
     *
     * @param call the call's id in the audit log, where it has one
     * @param notes what the caller should know of how its request was understood
     */
    record Told(ToolResult result, @Nullable CallId call, List<String> notes) implements Outcome {
        public Told {
            notes = List.copyOf(notes);
        }
    }

    /**
     * The result is final, and the caller alone may keep it for a while.
     *
     * @param notes as those of {@link Told}
     */
    record Cacheable(Members members, Duration timeToLive, List<String> notes) implements Outcome {
        public Cacheable {
            notes = List.copyOf(notes);
        }

        public Cacheable(Members members, Duration timeToLive) {
            this(members, timeToLive, List.of());
        }
    }

    /** The caller is to ask its user or model first (revision 2026-07-28 only). */
    record InputRequired(Members members) implements Outcome {}

    /**
     * The request is not served.
     *
     * @param call the call's id in the audit log, where it has one
     */
    record Refused(Refusal refusal, @Nullable CallId call) implements Outcome {}

    /** Nobody waits for it, and so nothing is answered. */
    record Unheard() implements Outcome {}

    /** The answer to {@code initialize}, which hands out an id for the client's session. */
    record Initialized(Members members) implements Outcome {}

    /**
     * Appends the members of the result object, without the braces and without a comma after the
     * last.
     */
    @FunctionalInterface
    interface Members {
        Members NONE = json -> {};

        void writeTo(JsonBuffer json);
    }

    /** The same with one note more, where it is the result of a tool. */
    default Outcome noted(String note) {
        return switch (this) {
            case Told(var result, var call, var notes) ->
                    new Told(result, call, Stream.concat(notes.stream(), Stream.of(note)).toList());
            case Refused(var refusal, var call)
                    when refusal.form() instanceof Refusal.Form.Result
                            && refusal.headers().isEmpty() ->
                    new Told(
                            new ToolResult.Refused(refusal.code(), refusal.message()),
                            call,
                            List.of(note));
            case Complete _, Cacheable _, InputRequired _, Refused _, Unheard _, Initialized _ ->
                    this;
        };
    }

    static Outcome refused(ErrorCode code, String message) {
        return new Refused(Refusal.of(code, message), null);
    }
}
