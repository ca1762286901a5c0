package dev.sallyport.gateway.protocol;

import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.token.Caller;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The requests of initialize-based clients that are being answered, which these can call off by
 * their ids. There is no session: the id that {@code initialize} hands out is remembered by the
 * client alone, and only tells the requests of several clients of one principal apart. Clients that
 * do not send it may have the same ids at once; what is not clear is not called off.
 */
final class Underway {

    /** The field in which a client sends the id of its session. */
    static final String SESSION = "Mcp-Session-Id";

    private final Map<Key, List<Presence>> requests = new HashMap<>(); // guarded by this

    private record Key(TenantId tenant, String subject, @Nullable String session, JsonNode id) {
        static Key of(Caller caller, Headers headers, JsonNode id) {
            return new Key(caller.tenant(), caller.subject(), headers.get(SESSION), id);
        }
    }

    /** The request is under way until this is closed. */
    interface Entry extends AutoCloseable {
        @Override
        void close();
    }

    synchronized Entry begin(Caller caller, Inbound inbound, JsonNode id) {
        Key key = Key.of(caller, inbound.headers(), id);
        requests.computeIfAbsent(key, _ -> new ArrayList<>(1)).add(inbound.presence());
        return () -> end(key, inbound.presence());
    }

    private synchronized void end(Key key, Presence presence) {
        requests.computeIfPresent(
                key,
                (_, waiting) -> {
                    waiting.remove(presence);
                    return waiting.isEmpty() ? null : waiting;
                });
    }

    /** Calls off the caller's own request of that id, where there is just one. */
    synchronized void cancel(Caller caller, Headers headers, JsonNode id) {
        List<Presence> waiting = requests.getOrDefault(Key.of(caller, headers, id), List.of());
        if (waiting.size() == 1) {
            waiting.getFirst().cancel();
        }
    }
}
