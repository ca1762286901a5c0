package dev.sallyport.schema.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Case I7: an outcome that is told again is no other outcome. */
final class RedeliveryTest {
    private static final CallId CALL = CallId.next();
    private static final Attested ATTESTED = new Attested("login", true, "acme");

    private static CallSettled.Asked asked(String subject) {
        return new CallSettled.Asked(
                CALL,
                new Principal(subject, "client", null, null),
                "db_execute",
                new DatabaseName("shop"),
                StatementClass.WRITE,
                List.of("orders"),
                "update orders set x = ?");
    }

    private static CallSettled done(
            long rows, long affected, @Nullable String digest, String executor, int attempt) {
        return CallSettled.succeeded(
                asked("ana"),
                new CallSettled.Result(
                        rows,
                        affected,
                        10 * rows,
                        false,
                        0,
                        digest,
                        digest == null ? null : ATTESTED),
                new Timings(attempt, 2, 3, 4),
                executor,
                attempt);
    }

    private static CallSettled stopped(Ended ended, String code) {
        return CallSettled.stopped(asked("ana"), ended, code, null, Timings.NONE, "e1");
    }

    private static Event<CallSettled> event(CallSettled settled, long second) {
        return Event.of(
                EventId.settledOf(CALL),
                "/executor/" + settled.executor(),
                Instant.ofEpochSecond(1_700_000_000 + second),
                new TenantId("acme"),
                null,
                settled);
    }

    private static boolean repeats(CallSettled again, CallSettled first) {
        return event(again, 9).repeats(event(first, 1));
    }

    @Test
    void timeTimingsExecutorAndAttemptMakeNoDifference() {
        assertThat(repeats(done(3, 0, "d", "e2", 2), done(3, 0, "d", "e1", 1))).isTrue();
        assertThat(repeats(stopped(Ended.FAILED, "conflict"), stopped(Ended.FAILED, "conflict")))
                .isTrue();
    }

    @Test
    void ofAResultTheLedgerRemembersOnlyWhatWasChanged() {
        assertThat(repeats(done(0, 2, null, "e2", 2), done(2, 2, "d", "e1", 1))).isTrue();
        assertThat(repeats(done(2, 2, "d", "e1", 1), done(0, 2, null, "e2", 2))).isTrue();

        assertThat(repeats(done(0, 3, null, "e2", 2), done(2, 2, "d", "e1", 1))).isFalse();
    }

    @Test
    void whatSaysSomethingElseIsAnotherOutcome() {
        CallSettled first = done(3, 0, "d", "e1", 1);

        assertThat(repeats(done(3, 0, "other", "e1", 1), first)).isFalse();
        assertThat(repeats(done(4, 0, "d", "e1", 1), first)).isFalse();
        assertThat(repeats(stopped(Ended.EXPIRED, "deadline_passed"), first)).isFalse();
        assertThat(repeats(stopped(Ended.FAILED, "not_run"), stopped(Ended.FAILED, "conflict")))
                .isFalse();
        CallSettled others =
                CallSettled.stopped(
                        asked("mallory"), Ended.FAILED, "conflict", null, Timings.NONE, "e1");
        assertThat(repeats(others, stopped(Ended.FAILED, "conflict"))).isFalse();
    }
}
