package dev.sallyport.schema.event;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.exc.InvalidNullException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Events as CloudEvents 1.0 JSON documents in structured mode
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md). The bytes
 * that {@link #encode} gives are published, stored and hashed as they are: nobody encodes an event
 * again.
 */
public final class EventCodec {
    /** The media type of the record value. */
    public static final String CONTENT_TYPE = "application/cloudevents+json";

    /** The largest event: an entry of a tlog-tiles bundle has a 16-bit length. */
    public static final int BYTES_MAX = 65_535;

    private static final int USUAL_BYTES = 2_048;

    /** Within a document there is more to come after a value. */
    private static final ObjectReader TREE =
            Json.mapper().reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private static final Map<EventType, ObjectReader> READERS = new EnumMap<>(EventType.class);

    static {
        JsonMapper strict = RequiredMembers.in(Json.mapper());
        for (EventType type : EventType.values()) {
            READERS.put(
                    type,
                    strict.readerFor(type.payload())
                            .without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS));
        }
    }

    private EventCodec() {}

    private static ObjectReader reader(EventType type) {
        return Objects.requireNonNull(READERS.get(type));
    }

    /**
     * The event's bytes, without a signature.
     *
     * @throws SchemaException {@code event_too_large}
     */
    public static byte[] encode(Event<?> event) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(USUAL_BYTES);
        JsonMapper mapper = Json.mapper();
        try (JsonGenerator json = mapper.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringProperty("specversion", "1.0");
            json.writeStringProperty("id", event.id().toString());
            json.writeStringProperty("source", event.source());
            json.writeStringProperty("type", event.type().type());
            json.writeStringProperty("time", event.time().toString());
            json.writeStringProperty("datacontenttype", "application/json");
            TraceContext trace = event.trace();
            if (trace != null) {
                json.writeStringProperty("traceparent", trace.traceparent());
                if (trace.tracestate() != null) {
                    json.writeStringProperty("tracestate", trace.tracestate());
                }
            }
            json.writeStringProperty("tenant", event.tenant().value());
            GatewayId signedBy = event.signedBy();
            if (signedBy != null) {
                json.writeStringProperty("signedby", signedBy.value());
            }
            json.writeName("data");
            mapper.writeValue(json, event.data());
            json.writeEndObject();
        }
        return requireSize(out.toByteArray());
    }

    /**
     * The bytes again, where they are not more than an event may have.
     *
     * @throws SchemaException {@code event_too_large}
     */
    public static byte[] requireSize(byte[] bytes) {
        if (bytes.length > BYTES_MAX) {
            throw new SchemaException(
                    "event_too_large",
                    "an event may have " + BYTES_MAX + " bytes and this one has " + bytes.length);
        }
        return bytes;
    }

    /**
     * The event in the bytes, with every member that is not nullable. A signature is passed over
     * here: see {@code dev.sallyport.schema.sign}.
     *
     * @throws SchemaException {@code event_malformed} naming what is wrong, {@code
     *     event_type_unknown}, {@code event_too_large}
     */
    public static Event<?> decode(byte[] bytes) {
        requireSize(bytes);
        try (JsonParser json = Json.mapper().createParser(bytes)) {
            return new Reader().read(json);
        } catch (InvalidNullException e) {
            throw new SchemaException(
                    "event_malformed", "not a Sallyport event: " + member(e) + " is missing");
        } catch (JacksonException e) {
            // the original message quotes the document, which may hold what must not reach a log
            throw new SchemaException(
                    "event_malformed",
                    "not a Sallyport event: "
                            + e.getClass().getSimpleName()
                            + " at "
                            + position(e));
        } catch (IllegalArgumentException | DateTimeParseException e) {
            throw new SchemaException(
                    "event_malformed", "not a Sallyport event: " + e.getMessage(), e);
        }
    }

    /** Where the value should be, such as {@code data.principal} or {@code data.tables[2]}. */
    private static String member(JacksonException e) {
        var path = new StringBuilder("data");
        for (JacksonException.Reference step : e.getPath()) {
            if (step.getPropertyName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append('.').append(step.getPropertyName());
            }
        }
        return path.toString();
    }

    private static String position(JacksonException e) {
        var at = e.getLocation();
        return at == null ? "an unknown position" : "byte " + at.getByteOffset();
    }

    /** The attributes as they are met, in whatever order. */
    private static final class Reader {
        private @Nullable String specversion;
        private @Nullable String id;
        private @Nullable String source;
        private @Nullable String type;
        private @Nullable String time;
        private @Nullable String traceparent;
        private @Nullable String tracestate;
        private @Nullable String tenant;
        private @Nullable String signedby;
        private @Nullable Payload data;
        private @Nullable JsonNode dataBeforeType;

        Event<?> read(JsonParser json) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("the document must be an object");
            }
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                json.nextToken();
                attribute(name, json);
            }
            if (json.nextToken() != null) {
                throw new IllegalArgumentException("there must be nothing after the document");
            }
            if (!"1.0".equals(specversion)) {
                throw new IllegalArgumentException("specversion must be 1.0");
            }
            if (data == null && dataBeforeType != null) {
                data = reader(type()).readValue(dataBeforeType);
            }
            String parent = traceparent;
            String gateway = signedby;
            return new Event<>(
                    EventId.of(required("id", id)),
                    required("source", source),
                    Instant.parse(required("time", time)),
                    new TenantId(required("tenant", tenant)),
                    parent == null ? null : new TraceContext(parent, tracestate),
                    gateway == null ? null : new GatewayId(gateway),
                    required("data", data));
        }

        private void attribute(String name, JsonParser json) {
            switch (name) {
                case "specversion" -> specversion = json.getString();
                case "id" -> id = json.getString();
                case "source" -> source = json.getString();
                case "type" -> type = json.getString();
                case "time" -> time = json.getString();
                case "traceparent" -> traceparent = json.getString();
                case "tracestate" -> tracestate = json.getString();
                case "tenant" -> tenant = json.getString();
                case "signedby" -> signedby = json.getString();
                case "data" -> {
                    if (type == null) {
                        dataBeforeType = TREE.readTree(json);
                    } else {
                        data = reader(type()).readValue(json);
                    }
                }
                default -> json.skipChildren();
            }
        }

        private EventType type() {
            String named = required("type", type);
            EventType known = EventType.ofType(named);
            if (known == null) {
                throw new SchemaException("event_type_unknown", "no such event type: " + named);
            }
            return known;
        }

        private static <T> T required(String name, @Nullable T value) {
            if (value == null) {
                throw new IllegalArgumentException(name + " is missing");
            }
            return value;
        }
    }
}
