package dev.sallyport.executor.call;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Call;
import dev.sallyport.executor.engine.Caller;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Finding;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.executor.intake.CommandCheck;
import dev.sallyport.executor.intake.Confirmation;
import dev.sallyport.executor.intake.Delivery;
import dev.sallyport.executor.intake.Past;
import dev.sallyport.executor.lane.Lanes;
import dev.sallyport.executor.outcome.Outcome;
import dev.sallyport.executor.outcome.OutcomePublisher;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.CallWithdrawn;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.LiteralFeatures;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.ReplyAddress;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.DataKeyEntry;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.DatabaseKind;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.reply.Reply;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.seal.WrappedDataKey;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.SigningKey;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CallsTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final CellId CELL = new CellId("c1");
    private static final GatewayId GATEWAY = new GatewayId("g1");
    private static final SigningKey KEY = SigningKey.generate();
    private static final GatewayId OTHER_GATEWAY = new GatewayId("g2");
    private static final SigningKey OTHER_KEY = SigningKey.generate();
    private static final KeyEncryptionKey WRAPPING =
            new KeyEncryptionKey(KeyEncryptionKey.generate());
    private static final WrappedDataKey DATA_KEY = WRAPPING.newDataKey(ACME);
    private static final Answer DONE =
            new Answer.Succeeded("{}".getBytes(UTF_8), 0, 1, false, 0, false, null);
    private static final Answer REMEMBERED =
            new Answer.Succeeded("{}".getBytes(UTF_8), 0, 1, false, 0, true, null);

    private final FakeEngine engine = new FakeEngine();
    private final FakeLog log = new FakeLog();
    private final Registry registry =
            Registry.of(
                    1,
                    List.of(
                            new Tenant(ACME, "Acme", CELL, List.of(), false),
                            new Database(
                                    ACME,
                                    new DatabaseName("shop"),
                                    null,
                                    DatabaseKind.POSTGRESQL,
                                    "jdbc:postgresql://localhost/shop",
                                    "agent",
                                    new SecretReference("env:PASSWORD"),
                                    new SecretReference("env:SEAL"),
                                    1,
                                    false,
                                    new Limits(10, 10_000, 60_000),
                                    null),
                            new GatewayKey(GATEWAY, KEY.verifyingKey().text()),
                            new GatewayKey(OTHER_GATEWAY, OTHER_KEY.verifyingKey().text()),
                            new DataKeyEntry(DATA_KEY)));
    private final Calls calls =
            new Calls(
                    "e1",
                    new Lanes(8, 64),
                    new CommandCheck(CELL),
                    () -> registry,
                    () -> true,
                    new Keyring(WRAPPING),
                    _ -> engine,
                    log,
                    InstantSource.system());

    @AfterEach
    void close() {
        calls.close();
    }

    private interface Doing {
        Answer run(Cancellation cancellation) throws InterruptedException;
    }

    /** Does what a test says, and remembers what it was asked. */
    private static final class FakeEngine implements Engine {
        private volatile Doing doing = _ -> DONE;
        private volatile Optional<Answer> ledger = Optional.empty();
        private final List<Duration> recalledWithin = new CopyOnWriteArrayList<>();
        private final AtomicInteger running = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();
        private final AtomicInteger runs = new AtomicInteger();

        @Override
        public Answer run(Call call, Ending ending, Cancellation cancellation, Stopwatch watch) {
            runs.incrementAndGet();
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            try {
                boolean confirmed =
                        switch (ending) {
                            case Ending.Commit(var confirmation) ->
                                    confirmation.within(Duration.ofSeconds(10));
                            case Ending.CommitIf(var _, var confirmation) ->
                                    confirmation.within(Duration.ofSeconds(10));
                            case Ending.RollBack _, Ending.Rehearse _ -> true;
                        };
                if (!confirmed) {
                    return Answer.failed("statement_timeout", "as a test asks");
                }
                return doing.run(cancellation);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                running.decrementAndGet();
            }
        }

        @Override
        public Optional<Answer> recall(Caller caller, Duration within) {
            recalledWithin.add(within);
            return ledger;
        }

        @Override
        public void enroll(Connection administrator) {}

        @Override
        public List<Finding> doctor(Connection administrator) {
            return List.of();
        }

        @Override
        public void close(Duration callsEndWithin) {}
    }

    /** Acknowledges every outcome at once, but for so many that it cannot write. */
    private static final class FakeLog implements OutcomePublisher {
        private final List<CallSettled> outcomes = new CopyOnWriteArrayList<>();
        private final List<Reply> replies = new CopyOnWriteArrayList<>();
        private final AtomicInteger unwritable = new AtomicInteger();

        @Override
        public void publish(Outcome outcome, Runnable acknowledged) {
            if (unwritable.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                throw new IllegalStateException("as a test asks");
            }
            outcomes.add(outcome.settled().data());
            replies.add(outcome.reply());
            acknowledged.run();
        }

        @Override
        public void close() {}
    }

    private static final class Delivered implements Delivery {
        private final byte[] value;
        private final Past past;
        private final AtomicInteger settled = new AtomicInteger();
        private final AtomicInteger confirmed = new AtomicInteger();
        private final AtomicInteger decided = new AtomicInteger();
        private final AtomicInteger abandoned = new AtomicInteger();
        private volatile Confirmation confirmation = Confirmation.given();
        private volatile boolean lost;

        Delivered(byte[] value, Past past) {
            this.value = value;
            this.past = past;
        }

        @Override
        public String key() {
            return ACME.value();
        }

        @Override
        public byte[] value() {
            return value;
        }

        @Override
        public Past past() {
            return past;
        }

        @Override
        public boolean isLost() {
            return lost;
        }

        @Override
        public Confirmation confirm() {
            confirmed.incrementAndGet();
            return confirmation;
        }

        @Override
        public boolean noteDecided() {
            decided.incrementAndGet();
            return !lost;
        }

        @Override
        public void abandoned() {
            abandoned.incrementAndGet();
        }

        @Override
        public String place() {
            return "commands-0@0";
        }

        @Override
        public void settled() {
            settled.incrementAndGet();
        }
    }

    private static byte[] command(StatementClass statementClass, Instant deadline, Limits limits) {
        return command(
                statementClass,
                statementClass == StatementClass.READ ? Access.READ : Access.WRITE,
                deadline,
                limits);
    }

    private static byte[] command(
            StatementClass statementClass,
            @Nullable Access access,
            Instant deadline,
            Limits limits) {
        CallId call = CallId.next();
        EventId id = EventId.commandOf(call);
        CallAuthorized data =
                new CallAuthorized(
                        call,
                        new Principal("alice", "client", null, null),
                        statementClass == StatementClass.READ ? "db_query" : "db_execute",
                        new DatabaseName("shop"),
                        statementClass,
                        access,
                        null,
                        access == Access.COMMIT_IF ? "digest" : null,
                        List.of("orders"),
                        List.of(),
                        List.of(),
                        "select ...",
                        LiteralFeatures.NONE,
                        limits,
                        deadline,
                        1,
                        new ReplyAddress(GATEWAY, 0),
                        WRAPPING.unwrap(DATA_KEY)
                                .seal(new Instruction.ShowTables(null).encode(), id, "arguments"));
        return EventSignature.sign(
                EventCodec.encode(
                        new Event<>(id, "/gateway/g1", Instant.now(), ACME, null, GATEWAY, data)),
                KEY);
    }

    private static Delivered delivered(StatementClass statementClass) {
        return new Delivered(
                command(
                        statementClass,
                        Instant.now().plusSeconds(30),
                        new Limits(10, 10_000, 60_000)),
                Past.NONE);
    }

    private CallSettled settled(Delivered delivery) {
        calls.take(delivery);
        await().until(() -> delivery.settled.get() == 1);
        return log.outcomes.getLast();
    }

    @Test
    void anErrorAfterTheCommitOfAWriteIsAnsweredFromTheLedger() {
        engine.doing =
                _ -> {
                    engine.ledger = Optional.of(REMEMBERED); // committed
                    throw new IllegalStateException("as a test asks");
                };

        CallSettled outcome = settled(delivered(StatementClass.WRITE));

        assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(outcome.attempt()).isEqualTo(2);
    }

    @Test
    void anErrorBeforeTheCommitOfAWriteFailsAndIsCalledOff() {
        engine.doing =
                _ -> {
                    throw new IllegalStateException("as a test asks");
                };

        CallSettled outcome = settled(delivered(StatementClass.WRITE));

        assertThat(outcome.code()).isEqualTo("executor_error");
        assertThat(engine.recalledWithin).hasSize(1);
    }

    /** As one of a version before access may have run under an executor of that version. */
    @Test
    void aCommandWithoutAccessThatMayHaveRunIsLookedUpAndNeverRuns() {
        byte[] command =
                command(
                        StatementClass.WRITE,
                        null,
                        Instant.now().plusSeconds(30),
                        new Limits(10, 10_000, 60_000));

        assertThat(settled(new Delivered(command, Past.NONE)).code()).isEqualTo("access_unknown");
        assertThat(engine.recalledWithin).isEmpty();
        assertThat(settled(new Delivered(command, Past.MAY_HAVE_BEEN_TOLD)).code())
                .isEqualTo("access_unknown");
        assertThat(engine.recalledWithin).hasSize(1);
        engine.ledger = Optional.of(REMEMBERED);
        assertThat(settled(new Delivered(command, Past.MAY_HAVE_BEEN_TOLD)).ended())
                .isEqualTo(Ended.SUCCEEDED);
        assertThat(engine.runs).hasValue(0);
    }

    // case I4
    @Test
    void aCommitThatNobodyCanTellIsLookedUpUntilTheLedgerTells() {
        engine.doing = _ -> Answer.untold();
        engine.ledger = Optional.of(Answer.untold());
        Delivered write = delivered(StatementClass.WRITE);
        calls.take(write);
        await().until(() -> engine.recalledWithin.size() == 2);
        assertThat(log.outcomes).isEmpty();

        engine.ledger = Optional.of(REMEMBERED);

        await().until(() -> write.settled.get() == 1);
        assertThat(log.outcomes.getLast().ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(engine.runs).hasValue(1);
    }

    // case I4
    @Test
    void aCommitThatTheLedgerDoesNotHaveFailed() {
        engine.doing = _ -> Answer.untold();

        CallSettled outcome = settled(delivered(StatementClass.WRITE));

        assertThat(outcome.ended()).isEqualTo(Ended.FAILED);
        assertThat(outcome.code()).isEqualTo("connection_lost");
    }

    @Test
    void aWriteThatEndedItsOwnTransactionIsNotLookedUpAgain() {
        engine.doing = _ -> Answer.unsettled();

        assertThat(settled(delivered(StatementClass.WRITE)).ended()).isEqualTo(Ended.UNKNOWN);
        assertThat(engine.recalledWithin).isEmpty();
    }

    @Test
    void anOutcomeThatCannotBePublishedWholeIsPublishedBare() {
        log.unwritable.set(1);

        CallSettled outcome = settled(delivered(StatementClass.WRITE));

        assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(outcome.rowsAffected()).isEqualTo(1);
    }

    @Test
    void aDeliveryWithoutAnOutcomeIsNotSettledAndItsPlaceIsFree() {
        log.unwritable.set(2);
        Delivered lost = delivered(StatementClass.WRITE);
        calls.take(lost);
        await().until(() -> log.unwritable.get() == 0);

        settled(delivered(StatementClass.READ));

        assertThat(lost.settled).hasValue(0);
    }

    @Test
    void callsWaitInTheLaneWhereTheDatabaseHasNoFreeConnection() {
        CountDownLatch gate = new CountDownLatch(1);
        engine.doing =
                _ -> {
                    try {
                        gate.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return DONE;
                };
        for (int i = 0; i < 6; i++) {
            calls.take(delivered(StatementClass.READ));
        }
        await().until(() -> engine.running.get() == 1);
        gate.countDown();

        await().until(() -> log.outcomes.size() == 6);
        assertThat(log.outcomes).allMatch(outcome -> outcome.ended() == Ended.SUCCEEDED);
        assertThat(engine.most).hasValue(1);
    }

    @Test
    void aCallWhoseTimeIsOverBeforeItHasAPlaceIsNotRun() {
        CountDownLatch gate = new CountDownLatch(1);
        engine.doing =
                _ -> {
                    try {
                        gate.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return DONE;
                };
        calls.take(delivered(StatementClass.READ));
        await().until(() -> engine.running.get() == 1);

        CallSettled outcome =
                settled(
                        new Delivered(
                                command(
                                        StatementClass.READ,
                                        Instant.now().plusMillis(300),
                                        new Limits(1, 1, 60_000)),
                                Past.NONE));
        gate.countDown();

        assertThat(outcome.ended()).isEqualTo(Ended.EXPIRED);
        assertThat(outcome.code()).isEqualTo("deadline_passed");
        assertThat(engine.runs).hasValue(1);
    }

    @Test
    void theTimeLimitIsOfTheWholeCallHoweverManyStatementsItTakes() {
        engine.doing =
                cancellation -> {
                    await().until(() -> cancellation.requested() != null);
                    return Answer.failed(String.valueOf(cancellation.requested()), "stopped");
                };

        CallSettled outcome =
                settled(
                        new Delivered(
                                command(
                                        StatementClass.READ,
                                        Instant.now().plusSeconds(60),
                                        new Limits(10, 10_000, 100)),
                                Past.NONE));

        assertThat(outcome.code()).isEqualTo("DEADLINE");
    }

    private static Delivered again(StatementClass statementClass, Past past, Instant deadline) {
        return new Delivered(
                command(statementClass, deadline, new Limits(10, 10_000, 30_000)), past);
    }

    private static Instant inHalfAMinute() {
        return Instant.now().plusSeconds(30);
    }

    // case I6
    @Test
    void aWriteThatNobodyWasToldOfRuns() {
        CallSettled outcome =
                settled(again(StatementClass.WRITE, Past.MAY_HAVE_RUN, inHalfAMinute()));

        assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(engine.runs).hasValue(1);
        assertThat(engine.recalledWithin).isEmpty();
    }

    // case I6
    @Test
    void aWriteThatFailsThoughItMayHaveRunElsewhereIsLookedUpForAsLongAsThatMayGoOn() {
        engine.doing = _ -> Answer.failed("lock_timeout", "the other holds the ledger's entry");
        engine.ledger = Optional.of(REMEMBERED);

        CallSettled outcome =
                settled(again(StatementClass.WRITE, Past.MAY_HAVE_RUN, inHalfAMinute()));

        assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(engine.recalledWithin)
                .hasSize(1)
                .allSatisfy(within -> assertThat(within).isGreaterThan(Duration.ofSeconds(35)));
    }

    // case I6
    @Test
    void aWriteThatIsLateThoughItMayHaveRunIsLookedUp() {
        engine.ledger = Optional.of(REMEMBERED);

        CallSettled outcome =
                settled(again(StatementClass.WRITE, Past.MAY_HAVE_RUN, Instant.now()));

        assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(engine.runs).hasValue(0);
    }

    @Test
    void aWriteThatMayHaveBeenToldIsLookedUpAndNeverBegun() {
        CallSettled outcome =
                settled(again(StatementClass.WRITE, Past.MAY_HAVE_BEEN_TOLD, inHalfAMinute()));

        assertThat(outcome.code()).isEqualTo("not_run");
        assertThat(engine.runs).hasValue(0);
        assertThat(engine.recalledWithin).hasSize(1);
    }

    private static Delivered comparedAgain(Past past) {
        return new Delivered(
                command(
                        StatementClass.DELETE,
                        Access.COMMIT_IF,
                        inHalfAMinute(),
                        new Limits(10, 10_000, 30_000)),
                past);
    }

    @Test
    void aWriteThatIsComparedIsConfirmedLookedUpAndNotedAsOthers() {
        Delivered compared = comparedAgain(Past.MAY_HAVE_RUN);
        assertThat(settled(compared).ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(compared.confirmed).hasValue(1);

        engine.ledger = Optional.of(Answer.effectChanged());
        Delivered told = comparedAgain(Past.MAY_HAVE_BEEN_TOLD);
        assertThat(settled(told).code()).isEqualTo("effect_changed");
        assertThat(told.decided).hasValue(1);
        assertThat(engine.runs).hasValue(1);
    }

    @Test
    void whatIsKnownOfAChangedEffectIsToldThoughTheLedgerKnowsLess() {
        engine.doing = _ -> Answer.failed("effect_changed", "21 deleted, where 20 was approved");
        engine.ledger = Optional.of(Answer.effectChanged());

        assertThat(settled(comparedAgain(Past.MAY_HAVE_RUN)).code()).isEqualTo("effect_changed");
        assertThat(log.replies.getLast().message()).contains("21 deleted");
    }

    @Test
    void aReadThatWasDeliveredBeforeRuns() {
        CallSettled outcome =
                settled(again(StatementClass.READ, Past.MAY_HAVE_BEEN_TOLD, inHalfAMinute()));

        assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(engine.runs).hasValue(1);
    }

    @Test
    void thatAWriteWasNotDoneIsNotedBeforeItIsTold() {
        engine.doing = _ -> Answer.failed("lock_timeout", "as a test asks");
        Delivered failing = delivered(StatementClass.WRITE);
        settled(failing);
        engine.doing = _ -> DONE;
        Delivered done = delivered(StatementClass.WRITE);
        settled(done);

        assertThat(failing.decided).hasValue(1);
        assertThat(done.decided).hasValue(0);
    }

    // case I3
    @Test
    void whatWasNotDoneOfALostCallIsLeftToWhoeverHasItNow() {
        for (StatementClass statementClass : List.of(StatementClass.READ, StatementClass.WRITE)) {
            Delivered lost = delivered(statementClass);
            engine.doing =
                    _ -> {
                        lost.lost = true;
                        return Answer.failed("lock_timeout", "as a test asks");
                    };
            calls.take(lost);

            await().until(() -> lost.abandoned.get() == 1);
            assertThat(lost.settled).hasValue(0);
        }
        assertThat(log.outcomes).isEmpty();

        // and its place is free
        engine.doing = _ -> DONE;
        assertThat(settled(delivered(StatementClass.WRITE)).ended()).isEqualTo(Ended.SUCCEEDED);
    }

    // case I3
    @Test
    void whatIsLostBeforeItsTurnIsNotBegun() {
        for (StatementClass statementClass : List.of(StatementClass.READ, StatementClass.WRITE)) {
            Delivered lost = delivered(statementClass);
            lost.lost = true;
            calls.take(lost);

            await().until(() -> lost.abandoned.get() == 1);
        }
        assertThat(engine.runs).hasValue(0);
    }

    // case I6
    @Test
    void aWriteRunsWhileItIsConfirmed() throws Exception {
        Delivered write = delivered(StatementClass.WRITE);
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        write.confirmation = new Confirmation(told, false, () -> {});
        calls.take(write);
        await().until(() -> engine.runs.get() == 1);
        assertThat(log.outcomes).isEmpty();

        told.complete(true);

        await().until(() -> write.settled.get() == 1);
        assertThat(log.outcomes).extracting(CallSettled::ended).containsExactly(Ended.SUCCEEDED);
    }

    // case I6
    @Test
    void aWriteOfALostPartitionIsLeftToItsNewOwner() {
        Delivered write = again(StatementClass.WRITE, Past.MAY_HAVE_RUN, inHalfAMinute());
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        write.confirmation = new Confirmation(told, false, () -> {});
        calls.take(write);
        await().until(() -> engine.runs.get() == 1);

        write.lost = true;
        told.complete(false);

        await().until(() -> write.abandoned.get() == 1);
        assertThat(log.outcomes).isEmpty();
        assertThat(engine.recalledWithin).as("what would call it off").isEmpty();
    }

    /** It would hold a connection and locks of the database meanwhile. */
    @Test
    void aWriteWaitsOutsideOfTheDatabaseWhereItsConfirmationIsHeldUp() throws Exception {
        Delivered write = delivered(StatementClass.WRITE);
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        write.confirmation = new Confirmation(told, true, () -> {});
        calls.take(write);
        await().until(() -> write.confirmed.get() == 1);
        assertThat(settled(delivered(StatementClass.READ)).ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(engine.runs).as("only the read").hasValue(1);

        told.complete(true);

        await().until(() -> write.settled.get() == 1);
        assertThat(engine.runs).hasValue(2);
    }

    // case I6
    @Test
    void aWriteThatIsWithdrawnThoughItMayHaveRunIsLookedUp() {
        engine.ledger = Optional.of(REMEMBERED);
        Delivered write = again(StatementClass.WRITE, Past.MAY_HAVE_RUN, inHalfAMinute());
        withdraw(write);

        assertThat(settled(write).ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(engine.runs).hasValue(0);
    }

    /** The command of the delivery is withdrawn by who is said to be its gateway. */
    private static Delivered withdrawal(Delivered of, GatewayId gateway, SigningKey key) {
        CallId call = ((CallAuthorized) EventCodec.decode(of.value).data()).call();
        var data =
                new CallWithdrawn(
                        call,
                        new Principal("alice", "client", null, null),
                        CallWithdrawn.Reason.CONNECTION_CLOSED);
        return new Delivered(
                EventSignature.sign(
                        EventCodec.encode(
                                new Event<>(
                                        EventId.withdrawnOf(call),
                                        "/gateway/" + gateway,
                                        Instant.now(),
                                        ACME,
                                        null,
                                        gateway,
                                        data)),
                        key),
                Past.NONE);
    }

    private void withdraw(Delivered call) {
        Delivered withdrawal = withdrawal(call, GATEWAY, KEY);
        calls.take(withdrawal);
        await().until(() -> withdrawal.settled.get() == 1);
    }

    private static Answer untilStopped(Cancellation cancellation) {
        await().until(() -> cancellation.requested() != null);
        return Answer.failed(String.valueOf(cancellation.requested()), "stopped");
    }

    // case D8
    @Test
    void aCallThatIsWithdrawnWhileItRunsIsStopped() {
        engine.doing = CallsTest::untilStopped;
        Delivered call = delivered(StatementClass.READ);
        calls.take(call);
        await().until(() -> engine.running.get() == 1);

        withdraw(call);

        await().until(() -> call.settled.get() == 1);
        assertThat(log.outcomes.getLast().code()).isEqualTo("WITHDRAWAL");
    }

    // case I6
    @Test
    void aWithdrawalIsHeededOnceItsCallEnded() {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        engine.doing =
                cancellation -> {
                    Answer answer = untilStopped(cancellation);
                    stopped.countDown();
                    try {
                        gate.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return answer;
                };
        Delivered call = delivered(StatementClass.WRITE);
        calls.take(call);
        await().until(() -> engine.running.get() == 1);
        Delivered withdrawal = withdrawal(call, GATEWAY, KEY);
        calls.take(withdrawal);
        await().until(() -> stopped.getCount() == 0);
        assertThat(withdrawal.settled).hasValue(0);

        gate.countDown();

        await().until(() -> withdrawal.settled.get() == 1);
        assertThat(call.settled).hasValue(1);
    }

    @Test
    void aWithdrawalThatOvertakesItsCallKeepsItFromRunning() {
        Delivered call = delivered(StatementClass.WRITE);
        withdraw(call);

        CallSettled outcome = settled(call);

        assertThat(outcome.ended()).isEqualTo(Ended.CANCELLED);
        assertThat(outcome.code()).isEqualTo("call_withdrawn");
        assertThat(engine.runs).hasValue(0);
    }

    @Test
    void aCallThatIsWithdrawnWhileItWaitsSettlesAtOnceAndItsPlaceIsFree() {
        CountDownLatch gate = new CountDownLatch(1);
        engine.doing =
                _ -> {
                    try {
                        gate.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return DONE;
                };
        calls.take(delivered(StatementClass.READ));
        await().until(() -> engine.running.get() == 1);
        Delivered waiting = delivered(StatementClass.WRITE);
        calls.take(waiting);

        withdraw(waiting);

        await().until(() -> waiting.settled.get() == 1);
        assertThat(log.outcomes.getLast().ended()).isEqualTo(Ended.CANCELLED);
        gate.countDown();
        assertThat(settled(delivered(StatementClass.READ)).ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(engine.runs).hasValue(2);
    }

    @Test
    void whatIsWithdrawnAfterItsEndStaysWhatItWas() {
        Delivered call = delivered(StatementClass.WRITE);
        assertThat(settled(call).ended()).isEqualTo(Ended.SUCCEEDED);

        withdraw(call);

        assertThat(log.outcomes).hasSize(1);
    }

    @Test
    void onlyTheGatewayThatAuthorizedACallWithdrawsIt() {
        engine.doing =
                cancellation -> {
                    await().pollDelay(Duration.ofMillis(200)).until(() -> true);
                    return cancellation.requested() == null ? DONE : Answer.withdrawn();
                };
        Delivered call = delivered(StatementClass.READ);
        calls.take(call);
        await().until(() -> engine.running.get() == 1);

        Delivered others = withdrawal(call, OTHER_GATEWAY, OTHER_KEY);
        Delivered forged = withdrawal(call, GATEWAY, OTHER_KEY);
        calls.take(others);
        calls.take(forged);

        await().until(() -> call.settled.get() == 1);
        assertThat(log.outcomes).hasSize(1);
        assertThat(log.outcomes.getLast().ended()).isEqualTo(Ended.SUCCEEDED);
        await().until(() -> others.settled.get() == 1 && forged.settled.get() == 1);
    }
}
