package dev.sallyport.schema.token;

import dev.sallyport.schema.id.TenantId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What was found out about tokens, by the tokens' digests, for a while and within a bound. Where
 * there is no room, the tenant that holds most forgets its oldest ones. So each of n tenants has a
 * share of 1/n of the bytes out of which no other one pushes its tokens, however many it has made.
 *
 * @param <V> what is remembered of a token
 */
final class RememberedTokens<V> {

    private final long bytesMax;
    private final Duration keptFor;
    private final ConcurrentMap<ByteBuffer, Entry<V>> found = new ConcurrentHashMap<>();

    /** In the order in which they were put, which is the order in which they end. */
    private final Map<ByteBuffer, Entry<V>> all = new LinkedHashMap<>(); // guarded by this

    private final Map<TenantId, Holding> holdings = new HashMap<>(); // guarded by this
    private long bytes; // guarded by this

    private record Entry<V>(V value, TenantId tenant, int bytes, Instant since) {}

    private static final class Holding {
        private final Set<ByteBuffer> oldestFirst = new LinkedHashSet<>();
        private long bytes;
    }

    RememberedTokens(long bytesMax, Duration keptFor) {
        this.bytesMax = bytesMax;
        this.keptFor = keptFor;
    }

    /** What was put for the digest, if it still counts. */
    Optional<V> get(ByteBuffer digest, Instant now) {
        Entry<V> entry = found.get(digest);
        return entry == null || isOver(entry, now) ? Optional.empty() : Optional.of(entry.value());
    }

    /**
     * Remembers it. Where there is no room but that of tenants who hold no more than this one, it
     * takes the place of this one's oldest.
     *
     * @param bytesOfIt what it takes of the heap
     */
    synchronized void put(ByteBuffer digest, TenantId tenant, V value, int bytesOfIt, Instant now) {
        forgetWhatIsOver(now);
        forget(digest);
        while (bytes + bytesOfIt > bytesMax) {
            Optional<ByteBuffer> oldest = oldestOfTheLargest(tenant, bytesOfIt);
            if (oldest.isEmpty()) {
                return;
            }
            forget(oldest.get());
        }
        var entry = new Entry<>(value, tenant, bytesOfIt, now);
        found.put(digest, entry);
        all.put(digest, entry);
        Holding holding = holdings.computeIfAbsent(tenant, _ -> new Holding());
        holding.oldestFirst.add(digest);
        count(holding, bytesOfIt);
    }

    /**
     * Of the tenant that holds most, or would with this; empty where that one holds nothing yet.
     */
    private Optional<ByteBuffer> oldestOfTheLargest(TenantId tenant, int more) {
        Holding own = holdings.get(tenant);
        Holding largest = own;
        long most = (own == null ? 0 : own.bytes) + more;
        for (Holding holding : holdings.values()) {
            if (holding.bytes > most) {
                largest = holding;
                most = holding.bytes;
            }
        }
        return largest == null ? Optional.empty() : largest.oldestFirst.stream().findFirst();
    }

    /** How many bytes are taken. */
    synchronized long bytes() {
        return bytes;
    }

    /** How many tenants hold some; nobody is remembered who does not. */
    synchronized int tenants() {
        return holdings.size();
    }

    private void forgetWhatIsOver(Instant now) {
        Optional<Map.Entry<ByteBuffer, Entry<V>>> oldest = oldest();
        while (oldest.isPresent() && isOver(oldest.get().getValue(), now)) {
            forget(oldest.get().getKey());
            oldest = oldest();
        }
    }

    private Optional<Map.Entry<ByteBuffer, Entry<V>>> oldest() {
        return all.entrySet().stream().findFirst();
    }

    private void forget(ByteBuffer digest) {
        Entry<V> entry = all.remove(digest);
        if (entry == null) {
            return;
        }
        found.remove(digest);
        Holding holding = Objects.requireNonNull(holdings.get(entry.tenant()));
        holding.oldestFirst.remove(digest);
        count(holding, -entry.bytes());
        if (holding.oldestFirst.isEmpty()) {
            holdings.remove(entry.tenant());
        }
    }

    private void count(Holding holding, int more) {
        holding.bytes += more;
        bytes += more;
    }

    /** A clock that was set back ends it too. */
    private boolean isOver(Entry<V> entry, Instant now) {
        return now.isBefore(entry.since()) || !now.isBefore(entry.since().plus(keptFor));
    }
}
