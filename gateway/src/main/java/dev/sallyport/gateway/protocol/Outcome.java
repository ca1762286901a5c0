package dev.sallyport.gateway.protocol;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.json.JsonBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What became of one request, before it takes the form that the caller's revision wants. */
public sealed interface Outcome {

    /**
     * The result is final.
     *
     * @param call the call's id in the audit log, where it has one
     */
    record Complete(Members members, @Nullable CallId call) implements Outcome {
        public Complete(Members members) {
            this(members, null);
        }
    }

    /** The result is final, and the caller alone may keep it for a while. */
    record Cacheable(Members members, Duration timeToLive) implements Outcome {}

    /** The caller is to ask its user or model first (revision 2026-07-28 only). */
    record InputRequired(Members members) implements Outcome {}

    record Failed(Fault fault) implements Outcome {}

    /**
     * Appends the members of the result object, without the braces and without a comma after the
     * last.
     */
    @FunctionalInterface
    interface Members {
        Members NONE = json -> {};

        void writeTo(JsonBuffer json);
    }

    static Outcome failed(ErrorCode code, String message) {
        return new Failed(Fault.of(code, message));
    }
}
