package dev.sallyport.schema.signal;

import dev.sallyport.schema.event.AuthenticationFailed;
import dev.sallyport.schema.event.CallRefused;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.signal.Folding.Due;
import dev.sallyport.schema.signal.Folding.Folded;
import dev.sallyport.schema.signal.Folding.Kind;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells the log of refusals. The first few of a kind are told one by one, before they are answered;
 * further ones within the same window are counted and told as one event when the window ends, so
 * that nobody can fill the log by being refused.
 */
public final class Refusals implements AutoCloseable {

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    private final SignalLog log;
    private final InstantSource clock;
    private final Duration window;
    private final Folding folding = new Folding();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    private Refusals(SignalLog log, InstantSource clock, Duration window) {
        this.log = log;
        this.clock = clock;
        this.window = window;
        this.thread = Thread.ofVirtual().name("refusals").unstarted(this::run);
    }

    public static Refusals start(SignalLog log, InstantSource clock, Duration window) {
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

    private boolean tell(Kind kind, @Nullable TraceContext trace, Payload event, Folded folded) {
        synchronized (folding) {
            if (!folding.single(kind, clock.instant(), folded)) {
                return true;
            }
        }
        return log.tell(EventId.next(), kind.tenant(), trace, event);
    }

    private void turn() {
        List<Due> ended;
        synchronized (folding) {
            ended = folding.end();
        }
        for (Due due : ended) {
            if (!log.tell(EventId.next(), due.kind().tenant(), null, due.event())) {
                synchronized (folding) {
                    folding.keep(due);
                }
            }
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
}
