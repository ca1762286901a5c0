package dev.sallyport.executor.call;

import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.registry.Registry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The calls that run now, each stopped when its time is over or its caller is suspended. One thread
 * looks at all of them every {@link #LOOK_EVERY}: a timer for each call costs more than the call's
 * own bookkeeping.
 */
final class RunningCalls implements AutoCloseable {
    /** A call is stopped at most this much after its time. */
    static final Duration LOOK_EVERY = Duration.ofMillis(50);

    private final InstantSource clock;
    private final Set<Running> running = ConcurrentHashMap.newKeySet();
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

    /** A call that runs until it is closed. By identity: a call may be delivered twice. */
    final class Running implements AutoCloseable {
        private final Event<CallAuthorized> event;
        private final Instant until;
        private final Cancellation cancellation = new Cancellation();

        private Running(Event<CallAuthorized> event, Instant until) {
            this.event = event;
            this.until = until;
        }

        Cancellation cancellation() {
            return cancellation;
        }

        private void stopIfSuspended(Registry registry) {
            String subject = event.data().principal().subject();
            if (registry.suspension(event.tenant(), subject).isPresent()) {
                cancellation.request(Cancellation.Reason.SUSPENSION);
            }
        }

        @Override
        public void close() {
            running.remove(this);
        }
    }

    /**
     * The call runs from now on.
     *
     * @param registry asked after the call is known here, so that no suspension is missed
     */
    Running begin(Event<CallAuthorized> event, Instant until, Supplier<Registry> registry) {
        Running call = new Running(event, until);
        running.add(call);
        call.stopIfSuspended(registry.get());
        return call;
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
