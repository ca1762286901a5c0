package dev.sallyport.monitor.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.monitor.fixture.Told;
import dev.sallyport.schema.event.AlertRaised;
import dev.sallyport.schema.event.Attested;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.FlatEvent;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.Severity;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.event.Timings;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class DocumentsTest {
    private static final Instant AT = Instant.parse("2026-11-22T09:00:00Z");
    private static final TenantId ACME = new TenantId("acme");
    private static final Principal ANA = new Principal("ana", "agents", "claude", "192.0.2.7");

    @Test
    void everyMemberOfACallIsMapped() throws IOException {
        var asked =
                new CallSettled.Asked(
                        CallId.next(),
                        ANA,
                        "db_query",
                        new DatabaseName("shop"),
                        StatementClass.READ,
                        List.of("public.orders"),
                        "SELECT ?");
        var result =
                new CallSettled.Result(
                        1, 2, 3, true, 2, "digest", new Attested("reader", true, "acme"));

        assertMapped(
                "calls",
                "calls.template.json",
                document(CallSettled.succeeded(asked, result, Timings.NONE, "e1", 1)),
                document(
                        CallSettled.stopped(
                                asked,
                                Ended.FAILED,
                                "database_refused",
                                "42501",
                                Timings.NONE,
                                "e1")));
    }

    @Test
    void everyMemberOfAnAlertIsMapped() throws IOException {
        Event<?> event =
                Event.of(
                        EventId.next(),
                        "/monitor",
                        AT,
                        ACME,
                        null,
                        new AlertRaised(
                                "a1",
                                "volume",
                                Severity.HIGH,
                                ANA,
                                "ana read much",
                                List.of(CallId.next()),
                                2,
                                1,
                                AT,
                                AT));

        assertMapped(
                "alerts", "alerts.template.json", Documents.of(FlatEvent.of(event)).orElseThrow());
    }

    @Test
    void otherEventsAreNotIndexed() {
        Told ana = new Told(ACME, "ana");
        assertThat(Documents.of(FlatEvent.of(ana.refused(AT, "scope_missing", 1)))).isEmpty();
        assertThat(Documents.of(FlatEvent.of(ana.reinstated(AT)))).isEmpty();
    }

    private static Document document(CallSettled settled) {
        Event<?> event =
                Event.of(
                        EventId.settledOf(settled.call()),
                        "/executor/e1",
                        AT,
                        ACME,
                        new TraceContext(
                                "00-" + "a".repeat(32) + "-" + "b".repeat(16) + "-01", null),
                        settled);
        return Documents.of(FlatEvent.of(event)).orElseThrow();
    }

    /** The members of all the documents together are those of the mapping. */
    private static void assertMapped(String index, String template, Document... documents)
            throws IOException {
        try (InputStream in =
                Objects.requireNonNull(Documents.class.getResourceAsStream(template))) {
            JsonNode mappings = Json.mapper().readTree(in).path("template").path("mappings");
            Set<String> mapped = mapped(mappings);
            Set<String> members = new TreeSet<>();
            for (Document document : documents) {
                assertThat(document.index()).isEqualTo(index);
                assertThat(document.json()).doesNotContain("\n");
                members.addAll(members(Json.mapper().readTree(document.json()), "", mapped));
            }
            assertThat(members).isEqualTo(mapped);
        }
    }

    /** What the document has; an object that is mapped as a whole counts as one member. */
    private static Set<String> members(JsonNode json, String under, Set<String> mapped) {
        Set<String> names = new TreeSet<>();
        json.properties()
                .forEach(member -> {
                    String name = under + member.getKey();
                    if (member.getValue().isObject() && !mapped.contains(name)) {
                        names.addAll(members(member.getValue(), name + ".", mapped));
                    } else {
                        names.add(name);
                    }
                });
        return names;
    }

    private static Set<String> mapped(JsonNode mappings) {
        Set<String> names = new TreeSet<>();
        mappings.path("properties")
                .properties()
                .forEach(property -> {
                    if (property.getValue().has("properties")) {
                        mapped(property.getValue())
                                .forEach(inner -> names.add(property.getKey() + "." + inner));
                    } else {
                        names.add(property.getKey());
                    }
                });
        return names;
    }
}
