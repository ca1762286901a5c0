package dev.sallyport.monitor.index;

import dev.sallyport.schema.event.Attested;
import dev.sallyport.schema.event.FlatEvent;
import dev.sallyport.schema.event.Severity;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.event.Timings;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.json.Json;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Which events become documents, and what of them. Each member is named here: what an event may
 * hold later does not reach the index by itself.
 */
final class Documents {
    private static final int USUAL_CHARS = 1_024;

    private Documents() {}

    static Optional<Document> of(FlatEvent event) {
        return switch (event.type()) {
            case CALL_SETTLED -> Optional.of(document(Document.CALLS, event));
            case ALERT_RAISED -> Optional.of(document(Document.ALERTS, event));
            default -> Optional.empty();
        };
    }

    /**
     * What is kept of a document that its index refuses for good: the document as one text, which
     * no mapping looks into. None for what was such a document already.
     */
    static Optional<Document> refused(Document document, String why, Instant now) {
        if (document.index().equals(Document.REFUSED)) {
            return Optional.empty();
        }
        return Optional.of(
                refused(
                        document.id(),
                        now,
                        json -> {
                            text(json, "index", document.index());
                            text(json, "why", why);
                            text(json, "document", document.json());
                        }));
    }

    /**
     * What is kept of a record that is no event of its topic: where it stands, and nothing of what
     * it holds.
     */
    static Document unreadable(ConsumerRecord<?, ?> record, String why, Instant now) {
        return refused(
                record.topic() + "-" + record.partition() + "-" + record.offset(),
                now,
                json -> {
                    text(json, "topic", record.topic());
                    number(json, "partition", record.partition());
                    number(json, "offset", record.offset());
                    text(json, "why", why);
                });
    }

    private static Document refused(String id, Instant now, Consumer<JsonGenerator> members) {
        StringWriter text = new StringWriter(USUAL_CHARS);
        try (JsonGenerator json = Json.mapper().createGenerator(text)) {
            json.writeStartObject();
            json.writeStringProperty("@timestamp", now.toString());
            text(json, "id", id);
            members.accept(json);
            json.writeEndObject();
        }
        return new Document(Document.REFUSED, id, text.toString());
    }

    private static Document document(String index, FlatEvent event) {
        StringWriter text = new StringWriter(USUAL_CHARS);
        try (JsonGenerator json = Json.mapper().createGenerator(text)) {
            json.writeStartObject();
            json.writeStringProperty("@timestamp", event.time().toString());
            text(json, "id", event.id());
            text(json, "tenant", event.tenant());
            if (index.equals(Document.CALLS)) {
                call(json, event);
            } else {
                alert(json, event);
            }
            json.writeEndObject();
        }
        return new Document(index, event.id().toString(), text.toString());
    }

    private static void call(JsonGenerator json, FlatEvent call) {
        StatementClass statementClass = call.statementClass();
        TraceContext trace = call.trace();
        text(json, "call", call.call());
        principal(json, call);
        text(json, "tool", call.tool());
        text(json, "database", call.database());
        text(json, "statementClass", statementClass == null ? null : statementClass.wire());
        texts(json, "tables", call.tables());
        text(json, "fingerprint", call.fingerprint());
        text(json, "ended", call.outcome());
        text(json, "code", call.code());
        text(json, "sqlState", call.sqlState());
        number(json, "rows", call.rows());
        number(json, "rowsAffected", call.rowsAffected());
        number(json, "bytes", call.bytes());
        json.writeBooleanProperty("truncated", Boolean.TRUE.equals(call.truncated()));
        number(json, "cardNumbersCut", call.cardNumbersCut());
        timings(json, call.timings());
        attested(json, call.attested());
        text(json, "executor", call.executor());
        number(json, "attempt", call.attempt());
        text(json, "traceparent", trace == null ? null : trace.traceparent());
    }

    private static void alert(JsonGenerator json, FlatEvent alert) {
        Severity severity = alert.severity();
        text(json, "alert", alert.alert());
        text(json, "detector", alert.detector());
        text(json, "severity", severity == null ? null : severity.wire());
        principal(json, alert);
        text(json, "reason", alert.detail());
        texts(json, "evidence", alert.evidence());
        number(json, "observed", alert.observed());
        number(json, "expected", alert.expected());
        text(json, "windowStart", alert.from());
        text(json, "windowEnd", alert.to());
    }

    private static void principal(JsonGenerator json, FlatEvent event) {
        json.writeObjectPropertyStart("principal");
        text(json, "subject", event.subject());
        text(json, "client", event.client());
        text(json, "agent", event.agent());
        text(json, "address", event.address());
        json.writeEndObject();
    }

    private static void timings(JsonGenerator json, @Nullable Timings timings) {
        if (timings != null) {
            json.writeObjectPropertyStart("timings");
            json.writeNumberProperty("queueMicros", timings.queueMicros());
            json.writeNumberProperty("connectionMicros", timings.connectionMicros());
            json.writeNumberProperty("executionMicros", timings.executionMicros());
            json.writeNumberProperty("fetchMicros", timings.fetchMicros());
            json.writeEndObject();
        }
    }

    private static void attested(JsonGenerator json, @Nullable Attested attested) {
        if (attested != null) {
            json.writeObjectPropertyStart("attested");
            text(json, "role", attested.role());
            json.writeBooleanProperty("rowSecurity", attested.rowSecurity());
            text(json, "tenant", attested.tenant());
            json.writeEndObject();
        }
    }

    /**
     * What the value's {@code toString} gives; ids and instants have their form of events there.
     */
    private static void text(JsonGenerator json, String name, @Nullable Object value) {
        if (value != null) {
            json.writeStringProperty(name, value.toString());
        }
    }

    private static void texts(JsonGenerator json, String name, List<?> values) {
        json.writeArrayPropertyStart(name);
        for (Object value : values) {
            json.writeString(value.toString());
        }
        json.writeEndArray();
    }

    private static void number(JsonGenerator json, String name, @Nullable Number value) {
        if (value instanceof Double precise) {
            json.writeNumberProperty(name, precise);
        } else if (value != null) {
            json.writeNumberProperty(name, value.longValue());
        }
    }
}
