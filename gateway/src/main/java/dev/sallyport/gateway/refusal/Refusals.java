package dev.sallyport.gateway.refusal;

import dev.sallyport.gateway.dispatch.EventLog;
import dev.sallyport.schema.event.AuthenticationFailed;
import dev.sallyport.schema.event.CallRefused;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells the log of refusals. The first few of a kind are told one by one, before they are answered;
 * further ones within the same window are counted and told as one event when the window ends, so
 * that nobody can fill the log by being refused.
 */
public final class Refusals implements AutoCloseable {

    /** Refusals of one kind that are told one by one in a window. */
    public static final int SINGLES_MAX = 10;

    /** Kinds that are told apart in a window; what comes above them shares one kind a tenant. */
    public static final int KINDS_MAX = 10_000;

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    private final EventLog log;
    private final InstantSource clock;
    private final Duration window;
    private final Map<Kind, Count> counts = new HashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    private Refusals(EventLog log, InstantSource clock, Duration window) {
        this.log = log;
        this.clock = clock;
        this.window = window;
        this.thread = Thread.ofVirtual().name("refusals").unstarted(this::run);
    }

    public static Refusals start(EventLog log, InstantSource clock, Duration window) {
        var refusals = new Refusals(log, clock, window);
        refusals.thread.start();
        return refusals;
    }

    /**
     * Tells of a refused call.
     *
     * @param refused with count 1; of folded ones the last is told, with the number of all
     * @return false where the log did not take it: then the refusal must not be answered as one
     */
    public boolean tell(TenantId tenant, @Nullable TraceContext trace, CallRefused refused) {
        var kind = new Kind(tenant, "call", refused.code(), refused.principal().subject());
        return tell(
                kind,
                trace,
                refused,
                (count, first, last) ->
                        new CallRefused(
                                refused.call(),
                                refused.principal(),
                                refused.tool(),
                                refused.database(),
                                refused.statementClass(),
                                refused.fingerprint(),
                                refused.code(),
                                refused.scopes(),
                                count,
                                first,
                                last));
    }

    /** Tells of a token that was not accepted; as the other {@code tell}. */
    public boolean tell(TenantId tenant, AuthenticationFailed failed) {
        String who = failed.subject() != null ? failed.subject() : String.valueOf(failed.address());
        var kind = new Kind(tenant, "token", failed.code(), who);
        return tell(
                kind,
                null,
                failed,
                (count, first, last) ->
                        new AuthenticationFailed(
                                failed.code(),
                                failed.issuer(),
                                failed.subject(),
                                failed.address(),
                                count,
                                first,
                                last));
    }

    private boolean tell(Kind kind, @Nullable TraceContext trace, Payload single, Folded folded) {
        Instant now = clock.instant();
        synchronized (counts) {
            Kind known =
                    counts.containsKey(kind) || counts.size() < KINDS_MAX
                            ? kind
                            : kind.ofEveryone();
            Count count = counts.computeIfAbsent(known, _ -> new Count(now));
            if (count.singles >= SINGLES_MAX) {
                count.add(now, folded);
                return true;
            }
            count.singles++;
        }
        return log.tell(EventId.next(), kind.tenant(), trace, single);
    }

    /** Ends the window: what was only counted is told. */
    void turn() {
        List<Map.Entry<Kind, Count>> ended;
        synchronized (counts) {
            ended = new ArrayList<>(counts.entrySet());
            counts.clear();
        }
        for (Map.Entry<Kind, Count> entry : ended) {
            Count count = entry.getValue();
            Folded folded = count.folded;
            if (folded != null
                    && !log.tell(
                            EventId.next(),
                            entry.getKey().tenant(),
                            null,
                            folded.event(count.more, count.first, count.last))) {
                keep(entry.getKey(), count);
            }
        }
    }

    /** The log is away: the count goes on into the next window. */
    private void keep(Kind kind, Count count) {
        synchronized (counts) {
            counts.merge(kind, count, Count::plus);
        }
    }

    private void run() {
        try {
            while (!closing.await(window.toMillis(), TimeUnit.MILLISECONDS)) {
                turn();
            }
            turn();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join(CLOSE_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private record Kind(TenantId tenant, String what, String code, String who) {
        Kind ofEveryone() {
            return new Kind(tenant, what, code, "");
        }
    }

    @FunctionalInterface
    private interface Folded {
        Payload event(int count, Instant first, Instant last);
    }

    /** Guarded by {@code counts}. */
    private static final class Count {
        private int singles;
        private int more;
        private Instant first;
        private Instant last;
        private @Nullable Folded folded;

        Count(Instant now) {
            this.first = now;
            this.last = now;
        }

        void add(Instant now, Folded latest) {
            if (more == 0) {
                first = now;
            }
            more++;
            last = now;
            folded = latest;
        }

        Count plus(Count earlier) {
            more += earlier.more;
            first = earlier.first.isBefore(first) ? earlier.first : first;
            folded = folded == null ? earlier.folded : folded;
            return this;
        }
    }
}
