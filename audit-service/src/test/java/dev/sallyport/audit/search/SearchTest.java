package dev.sallyport.audit.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.schema.event.AlertRaised;
import dev.sallyport.schema.event.AuditRead;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.PrincipalSuspended;
import dev.sallyport.schema.event.Severity;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SearchTest {
    private static final Instant TIME = Instant.parse("2026-11-22T05:00:00.123456Z");

    @Test
    void wordsAreRunsOfLettersAndDigitsInLowerCase() {
        assertThat(Words.of(List.of("public.Customers_2024", "SELECT * FROM Ärzte")))
                .containsExactly("public", "customers", "2024", "select", "from", "ärzte");
        assertThat(Words.of(List.of("'; DROP", "")).contains("'")).isFalse();
        assertThat(Words.of(List.of("x".repeat(1_000))))
                .containsExactly("x".repeat(Words.CHARS_MAX));
    }

    @Test
    void aQueryHoldsNothingButItsWords() {
        assertThat(Words.query("cust' & !x | \\ (y):*")).isEqualTo("'cust':* & 'x':* & 'y':*");
        assertThat(Words.query("' :*")).isEmpty();
    }

    @Test
    void aCursorIsReadAsItWasWritten() {
        for (var cursor :
                List.of(
                        new Cursor(TIME, 17),
                        new Cursor(Instant.EPOCH, 0),
                        new Cursor(Instant.EPOCH.minusNanos(1_000), 3))) {
            assertThat(Cursor.parse(cursor.text())).isEqualTo(cursor);
        }
    }

    @Test
    void aDescriptionsIdIsThatOfItsContentAndCannotBeForeseen() {
        var tenant = new TenantId("acme");
        var facts = Facts.ofUnreadable(TIME, "event_malformed", "sallyport.outcomes");
        var seal = seal();

        var id = Description.of(tenant, facts, seal).id();

        assertThat(Description.of(tenant, facts, seal).id()).isEqualTo(id);
        assertThat(Description.of(new TenantId("globex"), facts, seal).id()).isNotEqualTo(id);
        assertThat(Description.of(tenant, facts, seal()).id()).isNotEqualTo(id);
    }

    private static RowSeal seal() {
        return RowSeal.of(NoteSigner.parse(NoteSigner.generate("audit.test", new SecureRandom())));
    }

    @Test
    void aTimeIsADayOrAMomentInUtcUnlessItSaysOtherwise() {
        assertThat(from("2026-11-22")).hasValue(Instant.parse("2026-11-22T00:00:00Z"));
        assertThat(from("2026-11-22T05:00")).hasValue(Instant.parse("2026-11-22T05:00:00Z"));
        assertThat(from("2026-11-22T05:00:00.5Z"))
                .hasValue(Instant.parse("2026-11-22T05:00:00.5Z"));
        assertThat(from("2026-11-22T05:00:00+02:00"))
                .hasValue(Instant.parse("2026-11-22T03:00:00Z"));
        assertThat(from(" ")).isEmpty();
    }

    @Test
    void aFilterSurvivesItsParameters() {
        var parameters =
                Map.of(
                        "from",
                        List.of("2026-11-22"),
                        "principal",
                        List.of("alice"),
                        "text",
                        List.of("a b"),
                        "limit",
                        List.of("7"));
        var filter = EntryFilter.of(parameters);

        var again =
                EntryFilter.of(
                        Map.copyOf(
                                filter.parameters(Optional.empty()).entrySet().stream()
                                        .collect(
                                                Collectors.toMap(
                                                        Map.Entry::getKey,
                                                        entry -> List.of(entry.getValue())))));

        assertThat(again).isEqualTo(filter);
    }

    @Test
    void everyOutcomeThatFactsHaveCanBeAskedFor() {
        var reader = new Principal("olga", "console", null, null);
        for (Payload payload :
                List.of(
                        new AuditRead(reader, "search", "text=x", 3),
                        new PrincipalSuspended("alice", "volume", null, "monitor"),
                        new AlertRaised(
                                "a",
                                "volume",
                                Severity.HIGH,
                                reader,
                                "much",
                                List.of(),
                                2,
                                1,
                                TIME,
                                TIME))) {
            var facts =
                    Facts.of(
                            Event.of(
                                    EventId.next(),
                                    "/test",
                                    TIME,
                                    new TenantId("acme"),
                                    null,
                                    payload));

            assertThat(Facts.OUTCOMES).contains(facts.outcome().orElseThrow());
            assertThat(EntryFilter.KINDS).contains(facts.kind());
            assertThat(facts.words()).isNotEmpty();
        }
    }

    @Test
    void textsThatPostgresCannotHoldAreMended() {
        var suspended =
                new PrincipalSuspended(
                        "a\0b" + "x".repeat(500), "half \ud800 pair", null, "monitor");

        var facts =
                Facts.of(
                        Event.of(
                                EventId.next(),
                                "/test",
                                TIME,
                                new TenantId("acme"),
                                null,
                                suspended));

        assertThat(facts.principal().orElseThrow())
                .startsWith("a\ufffdb")
                .hasSize(Principal.NAME_MAX);
        assertThat(facts.detail()).hasValue("half \ufffd pair");
    }

    private static Optional<Instant> from(String text) {
        return EntryFilter.of(Map.of("from", List.of(text))).from();
    }
}
