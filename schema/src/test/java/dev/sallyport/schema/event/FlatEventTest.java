package dev.sallyport.schema.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.seal.Sealed;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FlatEventTest {
    private static final int RUNS = 50;

    /** Members that are in no column: what only the executor and the waiting gateway need. */
    private static final Map<EventType, Set<String>> LEFT_OUT =
            Map.of(
                    EventType.CALL_AUTHORIZED,
                    Set.of(
                            "access",
                            "limits.rowsMax",
                            "limits.bytesMax",
                            "limits.timeoutMillis",
                            "deadline",
                            "registryVersion",
                            "reply.gateway",
                            "reply.partition",
                            "arguments"),
                    // the outcome and the detail say both in other words
                    EventType.CALL_SETTLED,
                    Set.of("ended", "rehearsed"),
                    EventType.APPROVAL_REQUESTED,
                    Set.of("complete", "expires", "shown"));

    @ParameterizedTest
    @EnumSource
    void everyMemberOfEveryKindIsInAColumnUnlessItIsNamedHere(EventType type) {
        Set<String> missing = new TreeSet<>();
        for (int seed = 0; seed < RUNS; seed++) {
            Event<?> event = new RandomRecords(seed).event(type);
            List<Leaf> columns = leaves(FlatEvent.of(event));
            for (Leaf member : leaves(event.data())) {
                if (columns.stream().noneMatch(column -> column.tells(member))) {
                    missing.add(member.path());
                }
            }
        }

        assertThat(missing).isEqualTo(LEFT_OUT.getOrDefault(type, Set.of()));
    }

    /** Case G10: who was refused is one question, whoever refused. */
    @ParameterizedTest
    @CsvSource({
        "failed, principal_suspended, refused",
        "failed, statement_refused, refused",
        "failed, permission_denied, refused",
        "failed, read_only, refused",
        "failed, data_exception, failed",
        "failed, tenant_busy, failed",
        "cancelled, principal_suspended, cancelled",
        "expired, deadline_passed, expired",
    })
    void aCallThatAnExecutorOrADatabaseTurnsAwayIsRefused(
            String ended, String code, String outcome) {
        CallSettled.Asked asked =
                new CallSettled.Asked(
                        CallId.next(),
                        new Principal("alice", "client", null, null),
                        "db_query",
                        new DatabaseName("shop"),
                        StatementClass.READ,
                        List.of(),
                        null);
        CallSettled settled =
                CallSettled.stopped(asked, Ended.of(ended), code, null, Timings.NONE, "executor-1");

        Event<CallSettled> event =
                Event.of(
                        EventId.settledOf(settled.call()),
                        "/executor/1",
                        InstantSource.system().instant(),
                        new TenantId("acme"),
                        null,
                        settled);

        assertThat(FlatEvent.of(event).outcome()).isEqualTo(outcome);
    }

    @Test
    void aRehearsalIsNoCallThatSucceeded() {
        CallSettled.Asked asked =
                new CallSettled.Asked(
                        CallId.next(),
                        new Principal("alice", "client", null, null),
                        "db_execute",
                        new DatabaseName("shop"),
                        StatementClass.DELETE,
                        List.of(),
                        null,
                        true);
        CallSettled settled =
                CallSettled.succeeded(
                        asked,
                        CallSettled.Result.read(20, 1_000, null),
                        Timings.NONE,
                        "executor-1",
                        1);

        FlatEvent flat =
                FlatEvent.of(
                        Event.of(
                                EventId.settledOf(settled.call()),
                                "/executor/1",
                                InstantSource.system().instant(),
                                new TenantId("acme"),
                                null,
                                settled));

        assertThat(flat.outcome()).isEqualTo("rehearsed");
        assertThat(flat.detail()).isEqualTo("rehearsal");
        assertThat(flat.rowsAffected()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void theEnvelopeStaysWithTheEvent(EventType type) {
        Event<?> event = new RandomRecords(3).event(type);

        FlatEvent flat = FlatEvent.of(event);

        assertThat(flat.type()).isEqualTo(type);
        assertThat(flat.id()).isEqualTo(event.id());
        assertThat(flat.time()).isEqualTo(event.time());
        assertThat(flat.tenant()).isEqualTo(event.tenant());
        assertThat(flat.trace()).isEqualTo(event.trace());
        assertThat(flat.count()).isPositive();
        assertThat(flat.outcome()).matches("[a-z]+");
    }

    @Test
    void noColumnCanHoldASealedField() {
        Set<Type> seen = new HashSet<>();
        reach(FlatEvent.class, seen);

        assertThat(seen).contains(Timings.class, Attested.class).doesNotContain(Sealed.class);
    }

    @Test
    void noTextOfAColumnHoldsASealedField() {
        for (int seed = 0; seed < RUNS; seed++) {
            Event<?> event = new RandomRecords(seed).event(EventType.CALL_AUTHORIZED);
            CallAuthorized call = (CallAuthorized) event.data();

            assertThat(FlatEvent.of(event).toString()).doesNotContain(call.arguments().value());

            Event<?> request = new RandomRecords(seed).event(EventType.APPROVAL_REQUESTED);
            ApprovalRequested asked = (ApprovalRequested) request.data();

            assertThat(FlatEvent.of(request).toString()).doesNotContain(asked.shown().value());
        }
    }

    private static void reach(Class<?> kind, Set<Type> seen) {
        if (!seen.add(kind) || !kind.isRecord()) {
            return;
        }
        for (RecordComponent component : kind.getRecordComponents()) {
            reach(component.getType(), seen);
        }
    }

    /** A value that is not made of others, and the members that lead to it. */
    private record Leaf(String path, Object value) {
        /** Whether the other value stands here, alone or within a sentence. */
        boolean tells(Leaf other) {
            return value.equals(other.value)
                    || value.equals(wire(other.value))
                    || sameNumber(other)
                    || (value instanceof String text && text.contains(words(other.value)));
        }

        private boolean sameNumber(Leaf other) {
            return value instanceof Number number
                    && other.value instanceof Number same
                    && number.doubleValue() == same.doubleValue();
        }

        private static String words(Object value) {
            Object wire = wire(value);
            return wire == null ? value.toString() : wire.toString();
        }

        private static @Nullable Object wire(Object value) {
            return switch (value) {
                case Ended ended -> ended.wire();
                case GapCause cause -> cause.wire();
                case CallWithdrawn.Reason reason -> reason.wire();
                case ApprovalBy by -> by.wire();
                default -> null;
            };
        }
    }

    private static List<Leaf> leaves(Object whole) {
        List<Leaf> leaves = new ArrayList<>();
        collect("", whole, leaves);
        return leaves;
    }

    private static void collect(String path, @Nullable Object value, List<Leaf> leaves) {
        if (value instanceof List<?> list) {
            list.forEach(each -> collect(path, each, leaves));
        } else if (value instanceof Record whole
                && (whole instanceof FlatEvent
                        || whole instanceof Payload
                        || whole.getClass().getRecordComponents().length > 1)) {
            for (RecordComponent component : whole.getClass().getRecordComponents()) {
                String name =
                        path.isEmpty() ? component.getName() : path + "." + component.getName();
                collect(name, valueOf(component, whole), leaves);
            }
        } else if (value != null) {
            leaves.add(new Leaf(path, value));
        }
    }

    private static @Nullable Object valueOf(RecordComponent component, Record whole) {
        try {
            var accessor = component.getAccessor();
            accessor.setAccessible(true);
            return accessor.invoke(whole);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
