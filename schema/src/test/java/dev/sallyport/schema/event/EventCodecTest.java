package dev.sallyport.schema.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.SigningKey;
import io.cloudevents.CloudEvent;
import io.cloudevents.jackson.JsonFormat;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class EventCodecTest {
    private static final int RUNS = 200;
    private static final SigningKey KEY = SigningKey.generate();

    @ParameterizedTest
    @EnumSource
    void anEventThatIsWrittenAndReadIsTheSameEvent(EventType type) {
        for (int seed = 0; seed < RUNS; seed++) {
            Event<?> event = new RandomRecords(seed).event(type);
            assertThat(EventCodec.decode(EventCodec.encode(event)))
                    .as("seed %d", seed)
                    .isEqualTo(event);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyEventFitsItsJsonSchema(EventType type) throws IOException {
        Schema schema = schema(type);
        for (int seed = 0; seed < RUNS; seed++) {
            byte[] bytes = published(new RandomRecords(seed).event(type));
            assertThat(schema.validate(new String(bytes, StandardCharsets.UTF_8), InputFormat.JSON))
                    .as("seed %d", seed)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSchemaRefusesAnEventThatLacksItsData(EventType type) throws IOException {
        String whole =
                new String(published(new RandomRecords(1).event(type)), StandardCharsets.UTF_8);
        String without = whole.replaceFirst("\"data\":", "\"dat\":");
        assertThat(schema(type).validate(without, InputFormat.JSON)).isNotEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void theCloudEventsLibraryReadsWhatWeWrite(EventType type) {
        Event<?> event = new RandomRecords(7).event(type);
        CloudEvent read = new JsonFormat().deserialize(published(event));
        assertThat(read.getId()).isEqualTo(event.id().toString());
        assertThat(read.getType()).isEqualTo(type.type());
        assertThat(read.getSource()).hasToString(event.source());
        assertThat(Objects.requireNonNull(read.getTime()).toInstant()).isEqualTo(event.time());
        assertThat(read.getExtension("tenant")).isEqualTo(event.tenant().value());
        assertThat(read.getData()).isNotNull();
    }

    @Test
    void attributesMayComeInAnyOrder() {
        Event<?> event = suspended("why");
        String text = new String(EventCodec.encode(event), StandardCharsets.UTF_8);
        int data = text.indexOf("\"data\":");
        String reordered =
                "{"
                        + text.substring(data, text.length() - 1)
                        + ","
                        + text.substring(1, data - 1)
                        + "}";
        assertThat(EventCodec.decode(reordered.getBytes(StandardCharsets.UTF_8))).isEqualTo(event);
    }

    @ParameterizedTest
    @EnumSource
    void anEventThatLacksARequiredMemberIsRefusedByItsName(EventType type) {
        for (int seed = 0; seed < 20; seed++) {
            ObjectNode whole = tree(new RandomRecords(seed).event(type));
            for (Member member : members(type.payload(), "/data", whole)) {
                for (boolean asNull : new boolean[] {false, true}) {
                    byte[] lacking = lacking(whole, member, asNull);
                    if (member.required()) {
                        assertMalformed(
                                lacking,
                                member.pointer().substring(1).replace('/', '.') + " is missing");
                    } else {
                        assertThat(EventCodec.decode(lacking).type()).isEqualTo(type);
                    }
                }
            }
        }
    }

    @Test
    void aMemberIsMissedWhereverTheTypeStands() {
        ObjectNode whole = tree(suspended("why"));
        JsonNode data = whole.remove("data");
        ObjectNode reordered = whole.objectNode();
        reordered.set("data", ((ObjectNode) data).without("by"));
        reordered.setAll(whole);
        assertMalformed(Json.mapper().writeValueAsBytes(reordered), "data.by is missing");
    }

    @Test
    void aListHasNoMissingElements() {
        ObjectNode whole = tree(new RandomRecords(3).event(EventType.CALL_SETTLED));
        ((ObjectNode) whole.get("data")).putArray("tables").add("orders").addNull();
        assertMalformed(Json.mapper().writeValueAsBytes(whole), "data.tables[1] is missing");
    }

    /** A member that the document has, and whether every such document must have it. */
    private record Member(String pointer, boolean required) {}

    private static List<Member> members(Class<?> kind, String at, ObjectNode whole) {
        List<Member> members = new ArrayList<>();
        for (RecordComponent component : kind.getRecordComponents()) {
            String pointer = at + "/" + component.getName();
            JsonNode value = whole.at(pointer);
            if (component.getType().isPrimitive() || value.isMissingNode()) {
                continue;
            }
            boolean required = !component.getAnnotatedType().isAnnotationPresent(Nullable.class);
            // how the call ended decides whether it has a code
            if (kind != CallSettled.class || !component.getName().equals("code")) {
                members.add(new Member(pointer, required));
            }
            if (value.isObject()) {
                members.addAll(members(component.getType(), pointer, whole));
            }
        }
        return members;
    }

    private static byte[] lacking(ObjectNode whole, Member member, boolean asNull) {
        ObjectNode copy = whole.deepCopy();
        int name = member.pointer().lastIndexOf('/');
        ObjectNode parent = (ObjectNode) copy.at(member.pointer().substring(0, name));
        if (asNull) {
            parent.putNull(member.pointer().substring(name + 1));
        } else {
            parent.remove(member.pointer().substring(name + 1));
        }
        return Json.mapper().writeValueAsBytes(copy);
    }

    private static ObjectNode tree(Event<?> event) {
        return (ObjectNode) Json.mapper().readTree(EventCodec.encode(event));
    }

    private static void assertMalformed(byte[] bytes, String naming) {
        assertThatThrownBy(() -> EventCodec.decode(bytes))
                .isInstanceOfSatisfying(
                        SchemaException.class,
                        e -> assertThat(e.code()).isEqualTo("event_malformed"))
                .hasMessageEndingWith(naming);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{",
                "{}",
                "{\"specversion\":\"0.3\"}",
                "{\"specversion\":\"1.0\",\"id\":\"x\"}",
                "{\"specversion\":\"1.0\",\"specversion\":\"1.0\"}"
            })
    void whatIsNoEventIsRefusedWithACode(String text) {
        assertThatThrownBy(() -> EventCodec.decode(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOfSatisfying(
                        SchemaException.class,
                        e -> assertThat(e.code()).isEqualTo("event_malformed"));
    }

    @Test
    void anUnknownTypeIsNamed() {
        String text =
                new String(EventCodec.encode(suspended("why")), StandardCharsets.UTF_8)
                        .replace("PrincipalSuspended", "PrincipalPraised");
        assertThatThrownBy(() -> EventCodec.decode(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOfSatisfying(
                        SchemaException.class,
                        e -> assertThat(e.code()).isEqualTo("event_type_unknown"))
                .hasMessageContaining("dev.sallyport.PrincipalPraised.v1");
    }

    @Test
    void anErrorDoesNotRepeatTheDocument() {
        String text =
                new String(EventCodec.encode(suspended("salary of ana")), StandardCharsets.UTF_8)
                        .replace("\"by\":\"", "\"by\":{\"");
        assertThatThrownBy(() -> EventCodec.decode(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(SchemaException.class)
                .hasMessageNotContaining("salary");
    }

    @Test
    void anEventMayHave65535BytesAndNotOneMore() {
        int envelope = EventCodec.encode(suspended("")).length;
        Event<?> largest = suspended("x".repeat(EventCodec.BYTES_MAX - envelope));
        assertThat(EventCodec.encode(largest)).hasSize(EventCodec.BYTES_MAX);
        assertThatThrownBy(() ->
                        EventCodec.encode(
                                suspended("x".repeat(EventCodec.BYTES_MAX - envelope + 1))))
                .isInstanceOfSatisfying(
                        SchemaException.class,
                        e -> assertThat(e.code()).isEqualTo("event_too_large"));
    }

    private static Event<?> suspended(String reason) {
        return Event.of(
                EventId.of("019a0000-0000-7000-8000-000000000000"),
                "/monitor",
                Instant.parse("2026-11-22T08:00:00Z"),
                new TenantId("acme"),
                null,
                new PrincipalSuspended("ana", reason, null, "/monitor"));
    }

    private static byte[] published(Event<?> event) {
        byte[] bytes = EventCodec.encode(event);
        return event.signedBy() == null ? bytes : EventSignature.sign(bytes, KEY);
    }

    private static Schema schema(EventType type) throws IOException {
        try (InputStream in =
                EventType.class.getResourceAsStream(type.kind() + ".v1.schema.json")) {
            assertThat(in).as("the schema of %s", type.kind()).isNotNull();
            return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                    .getSchema(
                            new String(
                                    Objects.requireNonNull(in).readAllBytes(),
                                    StandardCharsets.UTF_8));
        }
    }
}
