package dev.sallyport.executor;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Call;
import dev.sallyport.executor.engine.Caller;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engines;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.executor.intake.Command;
import dev.sallyport.executor.intake.CommandCheck;
import dev.sallyport.executor.intake.Delivery;
import dev.sallyport.executor.lane.Lanes;
import dev.sallyport.executor.outcome.Outcome;
import dev.sallyport.executor.outcome.OutcomePublisher;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.reply.Reply;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way of one call through the executor: lane, check, database, outcome. */
final class Calls {
    /** What of a reply the broker takes; the rest is for headers. */
    private static final int RESULT_BYTES_MAX = Topics.REPLY_BYTES_MAX - 64 * 1024;

    /** How long a transaction of the same call, which another executor began, is waited for. */
    private static final Duration RECALL_WITHIN = Duration.ofSeconds(10);

    private static final Answer OUTDATED =
            Answer.failed(
                    "registry_outdated",
                    "the registry cannot be followed just now, and a suspension in it might be"
                            + " missed; try again");
    private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

    private final String executor;
    private final Lanes lanes;
    private final CommandCheck check;
    private final RegistryFeed registry;
    private final Keyring keyring;
    private final Engines engines;
    private final OutcomePublisher outcomes;
    private final ScheduledExecutorService deadlines;
    private final InstantSource clock;
    private final Set<Running> running = ConcurrentHashMap.newKeySet();

    /** A call that is in the database now. Compared by identity: a call may be delivered twice. */
    private static final class Running {
        private final Event<CallAuthorized> event;
        private final Cancellation cancellation = new Cancellation();

        Running(Event<CallAuthorized> event) {
            this.event = event;
        }

        void stopIfSuspended(Registry registry) {
            String subject = event.data().principal().subject();
            if (registry.suspension(event.tenant(), subject).isPresent()) {
                cancellation.request(Cancellation.Reason.SUSPENSION);
            }
        }
    }

    Calls(
            ExecutorConfig config,
            RegistryFeed registry,
            Keyring keyring,
            Engines engines,
            OutcomePublisher outcomes,
            ScheduledExecutorService deadlines,
            InstantSource clock) {
        this.executor = config.name();
        this.lanes = new Lanes(config.laneRunningMax(), config.laneWaitingMax());
        this.check = new CommandCheck(config.cell());
        this.registry = registry;
        this.keyring = keyring;
        this.engines = engines;
        this.outcomes = outcomes;
        this.deadlines = deadlines;
        this.clock = clock;
    }

    /** Takes a command on; returns at once. */
    void take(Delivery delivery) {
        TenantId tenant;
        try {
            tenant = new TenantId(delivery.key());
        } catch (IllegalArgumentException e) {
            passOver(delivery, new Command.Unbelievable("key_malformed", "its key is no tenant"));
            return;
        }
        Stopwatch watch = new Stopwatch();
        boolean entered = lanes.enter(tenant, () -> settle(delivery, watch, this::execute));
        if (!entered) {
            Thread.ofVirtual()
                    .name("busy-" + tenant)
                    .start(() -> settle(delivery, watch, Calls::turnedAway));
        }
    }

    /** Stops the running calls of principals that are suspended now, and leaves gone databases. */
    void registryChanged(Registry changed) {
        running.forEach(call -> call.stopIfSuspended(changed));
        engines.leaveGone(changed);
    }

    private interface Doing {
        Answer run(Command.Accepted command, Stopwatch watch);
    }

    private static Answer turnedAway(Command.Accepted command, Stopwatch watch) {
        return Answer.failed(
                "tenant_busy",
                "too many calls of your organisation are waiting; try again in a moment");
    }

    private void settle(Delivery delivery, Stopwatch watch, Doing doing) {
        watch.lap(Stopwatch.Part.QUEUE);
        try {
            checkAndSettle(delivery, watch, doing);
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("place", delivery.place())
                    .setCause(e)
                    .log("a command could not be settled");
            passOver(
                    delivery,
                    new Command.Unbelievable("unreadable", "the executor cannot make sense of it"));
        }
    }

    private void checkAndSettle(Delivery delivery, Stopwatch watch, Doing doing) {
        Command command =
                check.check(delivery.key(), delivery.value(), registry.get(), clock.instant());
        switch (command) {
            case Command.Accepted accepted when !registry.isCurrent() ->
                    tell(delivery, accepted.event(), OUTDATED, watch);
            case Command.Accepted accepted when mayHaveRun(delivery, accepted.event()) ->
                    tell(delivery, accepted.event(), Answer.notRun(), watch);
            case Command.Accepted accepted ->
                    tell(delivery, accepted.event(), answer(accepted, watch, doing), watch);
            case Command.Refused(var event, var code, var message) ->
                    tell(delivery, event, Answer.failed(code, message), watch);
            case Command.Expired(var event) ->
                    tell(
                            delivery,
                            event,
                            new Answer.Stopped(
                                    Ended.EXPIRED,
                                    "deadline_passed",
                                    "the call's time was over before it could run; nothing was"
                                            + " done",
                                    null),
                            watch);
            case Command.Unbelievable unbelievable -> passOver(delivery, unbelievable);
        }
    }

    private void tell(
            Delivery delivery, Event<CallAuthorized> event, Answer answer, Stopwatch watch) {
        publish(
                delivery,
                event,
                mayHaveRun(delivery, event) ? recalled(event, answer) : answer,
                watch);
    }

    /**
     * Whether it is a write that was delivered before. It is never begun here: it may have run, and
     * may have been told as failed, upon which its caller did something else.
     */
    private static boolean mayHaveRun(Delivery delivery, Event<CallAuthorized> event) {
        return delivery.mayHaveRun()
                && Ending.of(event.data().tool(), event.data().statementClass())
                        instanceof Ending.Commit;
    }

    /**
     * What became of a write that was delivered before, perhaps to an executor that died before it
     * told: the ledger knows, whatever speaks against the call now, and calls off what did not run.
     */
    private Answer recalled(Event<CallAuthorized> event, Answer otherwise) {
        CallAuthorized call = event.data();
        Optional<Database> database = registry.get().database(event.tenant(), call.database());
        if (database.isEmpty()) {
            return Answer.untold();
        }
        try {
            return engines.of(database.get())
                    .recall(caller(event), RECALL_WITHIN)
                    .orElse(otherwise);
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("callId", call.call())
                    .setCause(e)
                    .log("a call that was delivered again cannot be looked up");
            return Answer.untold();
        }
    }

    /** An error of ours must not keep the log from moving on: it is an answer too. */
    private Answer answer(Command.Accepted command, Stopwatch watch, Doing doing) {
        try {
            return doing.run(command, watch);
        } catch (ExecutorException | SchemaException e) {
            LOG.atError()
                    .addKeyValue("callId", command.event().data().call())
                    .addKeyValue("code", e.code())
                    .setCause(e)
                    .log("a call could not be run");
            return Answer.failed(e.code(), "the call could not be run; the operator can tell why");
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            LOG.atError()
                    .addKeyValue("callId", command.event().data().call())
                    .setCause(e)
                    .log("a call failed in the executor");
            return Answer.failed(
                    "executor_error", "the executor failed; the operator can tell why");
        }
    }

    private Answer execute(Command.Accepted command, Stopwatch watch) {
        Event<CallAuthorized> event = command.event();
        CallAuthorized call = event.data();
        Running entry = new Running(event);
        running.add(entry);
        entry.stopIfSuspended(registry.get()); // it may have come while the call was checked
        Duration left = Duration.between(clock.instant(), call.deadline());
        Future<?> timer =
                deadlines.schedule(
                        () -> entry.cancellation.request(Cancellation.Reason.DEADLINE),
                        left.toMillis(),
                        TimeUnit.MILLISECONDS);
        try {
            byte[] arguments = dataKey(event).open(call.arguments(), event.id(), "arguments");
            Database database = command.database();
            Call ready =
                    new Call(
                            caller(event),
                            call.tool(),
                            limits(call.limits(), database.limits()),
                            call.deadline(),
                            event.trace(),
                            arguments);
            return engines.of(database)
                    .run(
                            ready,
                            Ending.of(call.tool(), call.statementClass()),
                            entry.cancellation,
                            watch);
        } finally {
            timer.cancel(false);
            running.remove(entry);
        }
    }

    private static Caller caller(Event<CallAuthorized> event) {
        CallAuthorized call = event.data();
        return new Caller(event.tenant(), call.principal().subject(), call.call());
    }

    /** The smallest of what the gateway allowed, the database allows and a reply can hold. */
    private static Limits limits(Limits ofCall, Limits ofDatabase) {
        Limits both = ofCall.within(ofDatabase);
        return both.within(new Limits(both.rowsMax(), RESULT_BYTES_MAX, both.timeoutMillis()));
    }

    private DataKey dataKey(Event<CallAuthorized> event) {
        return keyring.of(registry.get(), event.tenant(), event.data().arguments().dataKeyId());
    }

    private void publish(
            Delivery delivery, Event<CallAuthorized> command, Answer answer, Stopwatch watch) {
        Outcome outcome = outcome(command, answer, watch);
        try {
            if (outcomes.publish(outcome)) {
                delivery.settled();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Outcome outcome(Event<CallAuthorized> command, Answer answer, Stopwatch watch) {
        DataKey key = replyKey(command);
        return switch (answer) {
            case Answer.Succeeded done ->
                    new Outcome(
                            command,
                            event(command, succeeded(command, done, key, watch)),
                            Reply.succeeded(done.result()),
                            key);
            case Answer.Stopped stopped ->
                    new Outcome(
                            command,
                            event(command, stopped(command, stopped, watch)),
                            Reply.failed(stopped.ended(), stopped.code(), stopped.message()),
                            key);
        };
    }

    private CallSettled succeeded(
            Event<CallAuthorized> command,
            Answer.Succeeded done,
            @Nullable DataKey key,
            Stopwatch watch) {
        CallAuthorized call = command.data();
        return CallSettled.succeeded(
                CallSettled.Asked.by(call),
                new CallSettled.Result(
                        done.rows(),
                        done.rowsAffected(),
                        done.result().length,
                        done.truncated(),
                        // keyed, so that nobody can guess a result from its digest
                        key == null ? null : key.digest(done.result()),
                        done.attested()),
                watch.timings(),
                executor,
                done.repeated() ? 2 : 1);
    }

    private CallSettled stopped(
            Event<CallAuthorized> command, Answer.Stopped stopped, Stopwatch watch) {
        return CallSettled.stopped(
                CallSettled.Asked.by(command.data()),
                stopped.ended(),
                stopped.code(),
                stopped.sqlState(),
                watch.timings(),
                executor);
    }

    /** Null where the key was erased. */
    private @Nullable DataKey replyKey(Event<CallAuthorized> command) {
        try {
            return dataKey(command);
        } catch (SchemaException e) {
            LOG.atWarn()
                    .addKeyValue("callId", command.data().call())
                    .addKeyValue("code", e.code())
                    .log("an outcome has no digest and no reply");
            return null;
        }
    }

    private Event<CallSettled> event(Event<CallAuthorized> command, CallSettled settled) {
        return Event.of(
                EventId.settledOf(settled.call()),
                "/executor/" + executor,
                clock.instant(),
                command.tenant(),
                command.trace(),
                settled);
    }

    private static void passOver(Delivery delivery, Command.Unbelievable command) {
        LOG.atError()
                .addKeyValue("place", delivery.place())
                .addKeyValue("code", command.code())
                .addKeyValue("why", command.why())
                .log("a command was passed over");
        delivery.settled();
    }
}
