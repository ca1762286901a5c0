package dev.sallyport.gateway.reply;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.reply.Reply;
import dev.sallyport.schema.seal.DataKey;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls whose caller was answered before their executor was: somebody may still want to know how
 * they ended. Of more than {@value #CALLS_MAX} the oldest are forgotten.
 */
final class Late {

    static final int CALLS_MAX = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(Late.class);

    private final Map<CallId, Expected> calls = new LinkedHashMap<>(); // guarded by this

    private record Expected(DataKey key, Consumer<Reply> unheard) {}

    synchronized void add(CallId call, DataKey key, Consumer<Reply> unheard) {
        calls.put(call, new Expected(key, unheard));
        if (calls.size() > CALLS_MAX) {
            calls.remove(calls.keySet().iterator().next());
        }
    }

    /**
     * A reply came; one that was not sealed for the call changes nothing. It is opened on a thread
     * of its own: after an outage many come, and other callers wait for theirs.
     */
    void came(CallId call, byte[] sealed) {
        Expected expected = get(call);
        if (expected != null) {
            Thread.ofVirtual().name("late-reply").start(() -> open(call, expected, sealed));
        }
    }

    private void open(CallId call, Expected expected, byte[] sealed) {
        try {
            Reply reply = Reply.open(sealed, expected.key, call);
            if (remove(call, expected)) {
                expected.unheard.accept(reply);
            }
        } catch (SchemaException e) {
            LOG.atError()
                    .addKeyValue("callId", call)
                    .addKeyValue("code", e.code())
                    .log("a late reply that was not sealed for its call was skipped");
        }
    }

    private synchronized @Nullable Expected get(CallId call) {
        return calls.get(call);
    }

    /** Whether nobody has heard of it before. */
    private synchronized boolean remove(CallId call, Expected expected) {
        return calls.remove(call, expected);
    }
}
