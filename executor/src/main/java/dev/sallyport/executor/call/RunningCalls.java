package dev.sallyport.executor.call;

import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallWithdrawn;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Registry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The calls that wait or run, each stopped when its time is over, its caller is suspended, or its
 * gateway withdraws it. One thread looks at all of them every {@link #LOOK_EVERY}: a timer for each
 * call costs more than the call's own bookkeeping.
 */
final class RunningCalls implements AutoCloseable {
    /** A call is stopped at most this much after its time. */
    static final Duration LOOK_EVERY = Duration.ofMillis(50);

    /** Withdrawals that are remembered: of calls that have not come, and of calls that ended. */
    private static final int WITHDRAWN_MAX = 4_096;

    private final InstantSource clock;
    private final Set<Running> running = ConcurrentHashMap.newKeySet();
    private final SequencedMap<Withdrawn, Boolean> withdrawn =
            new LinkedHashMap<>(); // guarded by itself
    private final ScheduledExecutorService looking =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("deadlines").daemon().factory());

    RunningCalls(InstantSource clock) {
        this.clock = clock;
        long millis = LOOK_EVERY.toMillis();
        var _ =
                looking.scheduleWithFixedDelay(
                        this::stopLate, millis, millis, TimeUnit.MILLISECONDS);
    }

    /** What a withdrawal must agree with its command in, so that nobody stops another's call. */
    private record Withdrawn(CallId call, TenantId tenant, @Nullable GatewayId gateway) {
        static Withdrawn of(Event<CallAuthorized> command) {
            return new Withdrawn(command.data().call(), command.tenant(), command.signedBy());
        }
    }

    /** A call until it is closed. By identity: a call may be delivered twice. */
    final class Running implements AutoCloseable {
        private final Event<CallAuthorized> event;
        private final Cancellation cancellation = new Cancellation();
        private volatile Instant until = Instant.MAX;
        private final List<Runnable> whenClosed = new ArrayList<>(); // guarded by this, as below
        private @Nullable Thread waiting;
        private boolean closed;

        private Running(Event<CallAuthorized> event) {
            this.event = event;
        }

        Cancellation cancellation() {
            return cancellation;
        }

        /** Whether the call is not to run, since nobody waits for its answer. */
        boolean isWithdrawn() {
            return cancellation.requested() == Cancellation.Reason.WITHDRAWAL;
        }

        /**
         * This thread waits from now on, for the call to have its turn: it is interrupted when the
         * call is withdrawn.
         */
        synchronized void waits() {
            waiting = Thread.currentThread();
            if (isWithdrawn()) {
                Thread.currentThread().interrupt();
            }
        }

        /** It waits no more, and is not interrupted for a withdrawal any more. */
        synchronized void waitsNoMore() {
            waiting = null;
            if (isWithdrawn()) {
                Thread.interrupted();
            }
        }

        /**
         * The call runs from now on.
         *
         * @param registry asked after the call is known here, so that no suspension is missed
         */
        void runs(Instant atMostUntil, Supplier<Registry> registry) {
            until = atMostUntil;
            stopIfSuspended(registry.get());
        }

        private synchronized void withdraw() {
            cancellation.request(Cancellation.Reason.WITHDRAWAL);
            if (waiting != null && isWithdrawn()) {
                waiting.interrupt();
            }
        }

        private void stopIfSuspended(Registry registry) {
            String subject = event.data().principal().subject();
            if (!until.equals(Instant.MAX)
                    && registry.suspension(event.tenant(), subject).isPresent()) {
                cancellation.request(Cancellation.Reason.SUSPENSION);
            }
        }

        /** Does it when the call is closed; false where it is. */
        private synchronized boolean whenClosed(Runnable then) {
            return !closed && whenClosed.add(then);
        }

        @Override
        public void close() {
            running.remove(this);
            List<Runnable> then;
            synchronized (this) {
                closed = true;
                then = List.copyOf(whenClosed);
            }
            then.forEach(Runnable::run);
        }
    }

    /** The call is here from now on, withdrawn already where that came before it. */
    Running take(Event<CallAuthorized> event) {
        Running call = new Running(event);
        running.add(call);
        boolean before;
        synchronized (withdrawn) {
            before = withdrawn.containsKey(Withdrawn.of(event));
        }
        if (before) {
            call.withdraw();
        }
        return call;
    }

    /**
     * Stops the call, if it is here and the same gateway authorized it; where it has not come yet
     * it is stopped when it comes. Commands are taken on by threads of their own, so that what
     * stands behind one in the log may overtake it.
     *
     * @param heeded is run once the call is closed, or at once where it is not here: whoever is
     *     delivered the call again until then is delivered its withdrawal too
     */
    void withdraw(Event<CallWithdrawn> event, Runnable heeded) {
        var which = new Withdrawn(event.data().call(), event.tenant(), event.signedBy());
        synchronized (withdrawn) {
            withdrawn.put(which, true);
            if (withdrawn.size() > WITHDRAWN_MAX) {
                withdrawn.pollFirstEntry();
            }
        }
        boolean waits = false;
        for (Running call : running) {
            if (Withdrawn.of(call.event).equals(which)) {
                call.withdraw();
                waits = waits || call.whenClosed(heeded);
            }
        }
        if (!waits) {
            heeded.run();
        }
    }

    void stopSuspended(Registry registry) {
        running.forEach(call -> call.stopIfSuspended(registry));
    }

    private void stopLate() {
        if (running.isEmpty()) {
            return;
        }
        Instant now = clock.instant();
        for (Running call : running) {
            if (!now.isBefore(call.until)) {
                call.cancellation.request(Cancellation.Reason.DEADLINE);
            }
        }
    }

    @Override
    public void close() {
        looking.shutdownNow();
    }
}
