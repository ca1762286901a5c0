package dev.sallyport.audit.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.audit.search.Facts;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallRefused;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.LiteralFeatures;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.PrincipalSuspended;
import dev.sallyport.schema.event.ReplyAddress;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.event.Timings;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.seal.Sealed;
import dev.sallyport.schema.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RecordReaderTest {
    private static final TenantId TENANT = new TenantId("acme");
    private static final Instant TIME = Instant.parse("2026-11-22T05:00:00Z");
    private static final Principal ALICE = new Principal("alice", "agent", null, null);
    private static final DatabaseName SHOP = new DatabaseName("shop");
    private static final String COMMANDS = Topics.commands(new CellId("c1"));

    static Stream<Arguments> places() {
        return Stream.of(
                Arguments.of(authorized(), COMMANDS),
                Arguments.of(settled(SHOP), Topics.OUTCOMES),
                Arguments.of(settled(null), Topics.SIGNALS),
                Arguments.of(refused(), Topics.SIGNALS),
                Arguments.of(
                        new PrincipalSuspended("alice", "volume", null, "monitor"),
                        Topics.SIGNALS));
    }

    @ParameterizedTest
    @MethodSource("places")
    void anEventIsTakenOnlyFromTheTopicOfThoseWhoMaySayIt(Payload said, String place) {
        for (String topic : List.of(COMMANDS, Topics.OUTCOMES, Topics.SIGNALS)) {
            Received received = RecordReader.read(record(topic, bytes(said)), 0);
            if (topic.equals(place)) {
                assertThat(received).as(topic).isInstanceOf(Received.Accepted.class);
            } else {
                assertThat(received)
                        .as(topic)
                        .isInstanceOfSatisfying(
                                Received.Rejected.class,
                                rejected -> {
                                    assertThat(rejected.code()).isEqualTo("event_misplaced");
                                    assertThat(rejected.entry().orElseThrow().tenant())
                                            .isEqualTo(TenantId.PLATFORM);
                                });
            }
        }
    }

    @Test
    void anEventThatLacksAMemberIsRejected() {
        byte[] lacking =
                new String(bytes(settled(SHOP)), StandardCharsets.UTF_8)
                        .replace("\"principal\":", "\"principle\":")
                        .getBytes(StandardCharsets.UTF_8);
        assertMalformed(record(Topics.OUTCOMES, lacking), Facts::of, "data.principal is missing");
    }

    @Test
    void anEventOfWhichNoFactsCanBeMadeIsRejectedWithoutItsContent() {
        assertMalformed(
                record(Topics.OUTCOMES, bytes(settled(SHOP))),
                event -> {
                    throw new IllegalStateException("no facts of " + event);
                },
                "the event could not be read: IllegalStateException");
    }

    private static void assertMalformed(
            ConsumerRecord<String, byte[]> record, Function<Event<?>, Facts> facts, String reason) {
        assertThat(RecordReader.read(record, Received.Origin.of(record, 0), facts))
                .isInstanceOfSatisfying(
                        Received.Rejected.class,
                        rejected -> {
                            assertThat(rejected.code()).isEqualTo("event_malformed");
                            assertThat(rejected.reason()).endsWith(reason);
                            assertThat(rejected.leaf()).isPresent();
                        });
    }

    private static ConsumerRecord<String, byte[]> record(String topic, byte[] value) {
        return new ConsumerRecord<>(topic, 0, 7, TENANT.value(), value);
    }

    private static byte[] bytes(Payload said) {
        return EventCodec.encode(Event.of(EventId.next(), "/test", TIME, TENANT, null, said));
    }

    private static CallAuthorized authorized() {
        return new CallAuthorized(
                CallId.next(),
                ALICE,
                "db_query",
                SHOP,
                StatementClass.READ,
                Access.READ,
                null,
                null,
                List.of(),
                List.of(),
                List.of(),
                null,
                LiteralFeatures.NONE,
                new Limits(1, 1, 1),
                TIME,
                1,
                new ReplyAddress(new GatewayId("g1"), 0),
                new Sealed("v1.k1." + "x".repeat(40)));
    }

    private static CallSettled settled(@Nullable DatabaseName database) {
        return CallSettled.succeeded(
                new CallSettled.Asked(
                        CallId.next(),
                        ALICE,
                        "db_query",
                        database,
                        StatementClass.READ,
                        List.of(),
                        null),
                CallSettled.Result.read(1, 1, null),
                Timings.NONE,
                "executor-1",
                1);
    }

    private static CallRefused refused() {
        return new CallRefused(
                CallId.next(),
                ALICE,
                "db_query",
                SHOP,
                StatementClass.READ,
                null,
                "scope_missing",
                List.of(),
                1,
                TIME,
                TIME);
    }
}
