package dev.sallyport.executor.call;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Call;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.executor.intake.Command;
import dev.sallyport.executor.intake.CommandCheck;
import dev.sallyport.executor.intake.Confirmation;
import dev.sallyport.executor.intake.Delivery;
import dev.sallyport.executor.lane.Lanes;
import dev.sallyport.executor.outcome.OutcomePublisher;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.Timings;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a delivered command: checked, given a place in its tenant's lane, run in its
 * database's engine within its time, and settled. One virtual thread a call, from its delivery to
 * the hand-over of its outcome.
 */
public final class Calls implements AutoCloseable {
    /** What of a reply the broker takes; the rest is for headers. */
    private static final int RESULT_BYTES_MAX = Topics.REPLY_BYTES_MAX - 64 * 1024;

    /** The database stops a statement at its time limit; only where it does not, we do. */
    private static final Duration DATABASE_FIRST = Duration.ofMillis(250);

    /** What nobody can tell is looked up so long, at first soon and then less often. */
    private static final Duration TOLD_WITHIN = Duration.ofMinutes(10);

    private static final Duration ASKED_AGAIN_AFTER = Duration.ofMillis(500);
    private static final Duration ASKED_AGAIN_AFTER_MAX = Duration.ofSeconds(15);

    private static final Answer OUTDATED =
            Answer.failed(
                    "registry_outdated",
                    "the registry cannot be followed just now, and a suspension in it might be"
                            + " missed; try again");
    private static final Answer BUSY =
            Answer.failed(
                    "tenant_busy",
                    "too many calls of your organisation are waiting; try again in a moment");
    private static final Answer LATE =
            new Answer.Stopped(
                    Ended.EXPIRED,
                    "deadline_passed",
                    "the call's time was over before it could run; nothing was done",
                    null);
    private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

    private final Lanes lanes;
    private final CommandCheck check;
    private final Supplier<Registry> registry;
    private final BooleanSupplier registryIsCurrent;
    private final Keyring keyring;
    private final Function<Database, Engine> engines;
    private final InstantSource clock;
    private final Recall recall;
    private final RunningCalls running;
    private final Settlement settlement;
    private final CountDownLatch closing = new CountDownLatch(1);

    /**
     * Calls of an executor that has none yet.
     *
     * @param executor the executor's name
     * @param registryIsCurrent whether no suspension can be missing in the registry
     * @param outcomes closed by who made them, after this
     */
    public Calls(
            String executor,
            Lanes lanes,
            CommandCheck check,
            Supplier<Registry> registry,
            BooleanSupplier registryIsCurrent,
            Keyring keyring,
            Function<Database, Engine> engines,
            OutcomePublisher outcomes,
            InstantSource clock) {
        this.lanes = lanes;
        this.check = check;
        this.registry = registry;
        this.registryIsCurrent = registryIsCurrent;
        this.keyring = keyring;
        this.engines = engines;
        this.clock = clock;
        this.recall = new Recall(engines, clock);
        this.running = new RunningCalls(clock);
        this.settlement = new Settlement(executor, this::dataKey, outcomes, clock);
    }

    /** Takes a command on; returns at once. */
    public void take(Delivery delivery) {
        Stopwatch watch = new Stopwatch();
        Thread.ofVirtual().name("call").start(() -> route(delivery, watch));
    }

    /** Stops the running calls of principals that are suspended now. */
    public void registryChanged(Registry changed) {
        running.stopSuspended(changed);
    }

    private void route(Delivery delivery, Stopwatch watch) {
        try {
            switch (checked(delivery)) {
                case Command.Accepted(var event, _, _) when !registryIsCurrent.getAsBoolean() ->
                        refuse(delivery, event, OUTDATED, watch);
                case Command.Accepted(var event, _, _) when Recall.forbidsToRun(delivery, event) ->
                        refuse(delivery, event, Answer.notRun(), watch);
                case Command.Accepted accepted -> {
                    try (RunningCalls.Running call = running.take(accepted.event())) {
                        run(delivery, accepted, call, watch);
                    }
                }
                case Command.Refused(var event, var code, var message) ->
                        refuse(delivery, event, Answer.failed(code, message), watch);
                case Command.Expired(var event) -> refuse(delivery, event, LATE, watch);
                case Command.Withdrawn(var event) -> running.withdraw(event, delivery::settled);
                case Command.Unbelievable unbelievable -> skip(delivery, unbelievable);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            // unsettled, so it is delivered again
            LOG.atError()
                    .addKeyValue("place", delivery.place())
                    .setCause(e)
                    .log("a call could not be settled");
        }
    }

    private Command checked(Delivery delivery) {
        try {
            return check.check(delivery.key(), delivery.value(), registry.get(), clock.instant());
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("place", delivery.place()).setCause(e).log("unreadable");
            return new Command.Unbelievable("unreadable", "the executor cannot make sense of it");
        }
    }

    /** Settles a call that is not run; of a write that may have run before the ledger is asked. */
    private void refuse(
            Delivery delivery, Event<CallAuthorized> event, Answer answer, Stopwatch watch)
            throws InterruptedException {
        if (!Recall.concerns(delivery, event)) {
            watch.lap(Stopwatch.Part.QUEUE);
            settlement.settle(delivery, event, answer, watch.timings(), () -> {});
            return;
        }
        Optional<Database> known = registry.get().database(event.tenant(), event.data().database());
        if (known.isEmpty()) {
            settlement.settle(delivery, event, Answer.untold(), watch.timings(), () -> {});
            return;
        }
        Database database = known.get();
        Lanes.Entry entry =
                lanes.enterAlways(
                        event.tenant(),
                        event.data().principal().subject(),
                        database.name(),
                        database.connectionsMax(),
                        recall.mayGoOn(event.data()));
        watch.lap(Stopwatch.Part.QUEUE);
        switch (entry) {
            case Lanes.Place place ->
                    settleIn(
                            place,
                            delivery,
                            event,
                            () -> recall.ask(event, database, answer),
                            answer,
                            watch);
            case Lanes.Entry.Full _, Lanes.Entry.Late _ ->
                    settleWhenTold(delivery, event, Answer.untold(), answer, watch.timings());
        }
    }

    private void run(
            Delivery delivery, Command.Accepted command, RunningCalls.Running call, Stopwatch watch)
            throws InterruptedException {
        Event<CallAuthorized> event = command.event();
        Confirmation confirmation =
                Recall.writes(event.data()) ? delivery.confirm() : Confirmation.given();
        if (confirmation.isHeldUp() && !confirmation.await()) {
            delivery.abandoned();
            return;
        }
        Lanes.Entry entry = enter(command, call);
        watch.lap(Stopwatch.Part.QUEUE);
        if (call.isWithdrawn()) {
            if (entry instanceof Lanes.Place place) {
                place.leave();
            }
            refuse(delivery, event, Answer.withdrawn(), watch);
            return;
        }
        switch (entry) {
            case Lanes.Place place when delivery.isLost() -> {
                place.leave();
                delivery.abandoned();
            }
            case Lanes.Place place ->
                    settleIn(
                            place,
                            delivery,
                            event,
                            () -> answer(delivery, command, confirmation, call, watch),
                            Answer.notCommitted(),
                            watch);
            case Lanes.Entry.Full _ -> refuse(delivery, event, BUSY, watch);
            case Lanes.Entry.Late _ -> refuse(delivery, event, LATE, watch);
        }
    }

    /** Waits for the call's turn; no longer than until it is withdrawn, which then is no turn. */
    private Lanes.Entry enter(Command.Accepted command, RunningCalls.Running call)
            throws InterruptedException {
        Event<CallAuthorized> event = command.event();
        Database database = command.database();
        call.waits();
        try {
            return lanes.enter(
                    event.tenant(),
                    event.data().principal().subject(),
                    database.name(),
                    database.connectionsMax(),
                    Duration.between(clock.instant(), event.data().deadline()));
        } catch (InterruptedException e) {
            if (call.isWithdrawn()) {
                return new Lanes.Entry.Late();
            }
            throw e;
        } finally {
            call.waitsNoMore();
        }
    }

    /**
     * @param otherwise the answer where nobody could tell at first, and the ledger then does not
     *     have the write
     */
    private void settleIn(
            Lanes.Place place,
            Delivery delivery,
            Event<CallAuthorized> event,
            Supplier<Answer> answer,
            Answer otherwise,
            Stopwatch watch)
            throws InterruptedException {
        boolean handedOver = false;
        Answer given;
        try {
            given = answer.get();
            if (!(given instanceof Answer.Stopped stopped && stopped.mayBeTold())) {
                place.ran();
                settlement.settle(delivery, event, given, watch.timings(), place::leave);
                handedOver = true;
                return;
            }
        } finally {
            if (!handedOver) {
                place.leave();
            }
        }
        settleWhenTold(delivery, event, given, otherwise, watch.timings());
    }

    /**
     * Looks a write up until the ledger tells; what was told to the log cannot be taken back. A
     * call that is not told when this closes is not settled, and is delivered again.
     */
    private void settleWhenTold(
            Delivery delivery,
            Event<CallAuthorized> event,
            Answer untold,
            Answer otherwise,
            Timings timings)
            throws InterruptedException {
        LOG.atWarn()
                .addKeyValue("callId", event.data().call())
                .log("what became of a write cannot be told yet, it is looked up");
        Instant until = clock.instant().plus(TOLD_WITHIN);
        Answer answer = untold;
        Duration pause = ASKED_AGAIN_AFTER;
        while (answer instanceof Answer.Stopped stopped
                && stopped.mayBeTold()
                && clock.instant().isBefore(until)) {
            if (closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
            pause = pause.multipliedBy(2);
            if (pause.compareTo(ASKED_AGAIN_AFTER_MAX) > 0) {
                pause = ASKED_AGAIN_AFTER_MAX;
            }
            answer = lookedUp(event, otherwise, answer);
        }
        settlement.settle(delivery, event, answer, timings, () -> {});
    }

    private Answer lookedUp(Event<CallAuthorized> event, Answer otherwise, Answer untold)
            throws InterruptedException {
        Optional<Database> database =
                registry.get().database(event.tenant(), event.data().database());
        if (database.isEmpty()) {
            return untold;
        }
        Lanes.Entry entry =
                lanes.enterAlways(
                        event.tenant(),
                        event.data().principal().subject(),
                        database.get().name(),
                        database.get().connectionsMax(),
                        recall.mayGoOn(event.data()));
        if (!(entry instanceof Lanes.Place place)) {
            return untold;
        }
        try {
            return recall.ask(event, database.get(), otherwise);
        } finally {
            place.leave();
        }
    }

    /** Where another executor may have begun it too, the ledger has the last word. */
    private Answer answer(
            Delivery delivery,
            Command.Accepted command,
            Confirmation confirmation,
            RunningCalls.Running taken,
            Stopwatch watch) {
        Answer answer = answer(command, confirmation, taken, watch);
        return answer instanceof Answer.Stopped
                        && Recall.concerns(delivery, command.event())
                        && !delivery.isLost()
                ? recall.ask(command.event(), command.database(), answer)
                : answer;
    }

    /**
     * An error of ours must not keep the log from moving on: it is an answer too. Where a write may
     * have been committed before it, the ledger tells.
     */
    private Answer answer(
            Command.Accepted command,
            Confirmation confirmation,
            RunningCalls.Running taken,
            Stopwatch watch) {
        Event<CallAuthorized> event = command.event();
        Call call;
        Engine engine;
        try {
            call = call(command);
            engine = engines.apply(command.database());
        } catch (ExecutorException | SchemaException e) {
            LOG.atError()
                    .addKeyValue("callId", event.data().call())
                    .addKeyValue("code", e.code())
                    .setCause(e)
                    .log("a call could not be run");
            return Answer.failed(e.code(), "the call could not be run; the operator can tell why");
        } catch (RuntimeException e) {
            return failed(event, e);
        }
        Ending ending =
                Ending.of(command.access(), event.data().effectDigest(), confirmation::within);
        taken.runs(stopAt(event, call), registry);
        try {
            return engine.run(call, ending, taken.cancellation(), watch);
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            Answer failed = failed(event, e);
            return Recall.writes(event.data())
                    ? recall.ask(event, command.database(), failed)
                    : failed;
        }
    }

    private static Answer failed(Event<CallAuthorized> event, Throwable e) {
        LOG.atError()
                .addKeyValue("callId", event.data().call())
                .setCause(e)
                .log("a call failed in the executor");
        if (e instanceof ExecutorException known) {
            return Answer.failed(
                    known.code(), "the call could not be run; the operator can tell why");
        }
        return Answer.failed("executor_error", "the executor failed; the operator can tell why");
    }

    private Call call(Command.Accepted command) {
        Event<CallAuthorized> event = command.event();
        CallAuthorized authorized = event.data();
        Limits limits = limits(authorized.limits(), command.database().limits());
        return new Call(
                Recall.caller(event),
                limits,
                earlier(authorized.deadline(), clock.instant().plusMillis(limits.timeoutMillis())),
                event.trace(),
                Instruction.decode(
                        dataKey(event).open(authorized.arguments(), event.id(), "arguments")));
    }

    /** At its deadline; at its time limit only where the database did not stop it before. */
    private static Instant stopAt(Event<CallAuthorized> event, Call call) {
        return earlier(event.data().deadline(), call.deadline().plus(DATABASE_FIRST));
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    /** The smallest of what the gateway allowed, the database allows and a reply can hold. */
    private static Limits limits(Limits ofCall, Limits ofDatabase) {
        Limits both = ofCall.within(ofDatabase);
        return both.within(new Limits(both.rowsMax(), RESULT_BYTES_MAX, both.timeoutMillis()));
    }

    private DataKey dataKey(Event<CallAuthorized> event) {
        return keyring.of(registry.get(), event.tenant(), event.data().arguments().dataKeyId());
    }

    private static void skip(Delivery delivery, Command.Unbelievable command) {
        LOG.atError()
                .addKeyValue("place", delivery.place())
                .addKeyValue("code", command.code())
                .addKeyValue("why", command.why())
                .log("a command was skipped");
        delivery.settled();
    }

    @Override
    public void close() {
        closing.countDown();
        running.close();
    }
}
