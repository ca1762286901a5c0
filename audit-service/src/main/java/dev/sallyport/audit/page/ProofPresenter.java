package dev.sallyport.audit.page;

import dev.sallyport.audit.note.TlogProof;
import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.page.CallView.Fact;
import dev.sallyport.audit.search.Facts;
import dev.sallyport.audit.search.FoundEntry;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.verify.AuditVerifier;
import dev.sallyport.audit.verify.CallProof;
import dev.sallyport.audit.verify.EntryProof;
import dev.sallyport.audit.verify.Finding;
import dev.sallyport.audit.verify.Verdict;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.AlertRaised;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;

/**
 * Prepares calls and entries for their pages. A proof is verified as a stranger would, from its
 * JSON form and the public key alone.
 */
record ProofPresenter(VerifierKey key) {
    /** How verifying came out. */
    private record Outcome(boolean verified, List<String> findings, long size, String root) {}

    CallView present(Reader reader, CallProof proof, List<FoundEntry> alerts) {
        var outcome = outcome(proof.json());
        return new CallView(
                reader,
                proof.callId(),
                outcome.verified(),
                outcome.findings(),
                outcome.size(),
                outcome.root(),
                proof.entries().stream().map(ProofPresenter::event).toList(),
                checkpoint(proof.entries().getFirst()),
                vkey(reader),
                alerts.stream().map(ProofPresenter::alert).toList());
    }

    EntryView present(Reader reader, EntryProof proof) {
        var outcome = outcome(proof.json());
        return new EntryView(
                reader,
                outcome.verified(),
                outcome.findings(),
                outcome.size(),
                outcome.root(),
                event(proof.proved()),
                checkpoint(proof.proved()),
                vkey(reader));
    }

    private Outcome outcome(byte[] proof) {
        return switch (new AuditVerifier(key).proof(proof)) {
            case Verdict.Proved(_, _, _, var tree, _) ->
                    new Outcome(true, List.of(), tree.size(), tree.root().toString());
            case Verdict.Tampered(var findings) ->
                    new Outcome(false, findings.stream().map(Finding::sentence).toList(), 0, "");
            case Verdict.Unreadable(var why) -> new Outcome(false, List.of(why), 0, "");
            case Verdict.Verified _ ->
                    throw new IllegalStateException("the verdict on a log, for a proof");
        };
    }

    private static String checkpoint(CallProof.ProvedEntry entry) {
        return TlogProof.parse(entry.proof()).checkpoint();
    }

    private String vkey(Reader reader) {
        return key.named(key.name() + "/" + reader.tenant()).toString();
    }

    private static CallView.AlertLink alert(FoundEntry alert) {
        return new CallView.AlertLink(
                alert.index(),
                Wording.orDash(alert.code()),
                Wording.orDash(alert.detail()),
                alert.time().toString(),
                EntryRow.day(alert.time()) + " " + EntryRow.time(alert.time()));
    }

    private static CallView.LoggedEvent event(CallProof.ProvedEntry entry) {
        byte[] bytes = entry.bytes();
        var proof = TlogProof.parse(entry.proof());
        var event = decoded(bytes);
        // it was an event when it was logged; the proof will not hold, and the page shall say so
        // and not fail
        var facts =
                event.map(Facts::of)
                        .orElseGet(() ->
                                Facts.ofUnreadable(
                                        Instant.EPOCH,
                                        "event_malformed",
                                        "what is stored here is no event any more"));
        var evidence =
                event.map(Event::data)
                        .filter(AlertRaised.class::isInstance)
                        .map(AlertRaised.class::cast)
                        .map(AlertRaised::evidence)
                        .orElse(List.of());
        return new CallView.LoggedEvent(
                Wording.kind(facts.kind()),
                proof.index(),
                facts.time().toString(),
                EntryRow.day(facts.time()),
                EntryRow.time(facts.time()),
                Wording.orDash(facts.outcome().orElse(null)),
                Wording.tone(facts.outcome().orElse(null)),
                inShort(facts),
                readable(bytes),
                Hash.ofLeaf(bytes).toString(),
                proof.path().stream().map(Hash::toString).toList(),
                facts.call().map(CallId::toString).orElse(null),
                facts.approval().map(step -> step.approval().toString()).orElse(null),
                evidence.stream().map(CallId::toString).toList());
    }

    private static Optional<Event<?>> decoded(byte[] bytes) {
        try {
            return Optional.of(EventCodec.decode(bytes));
        } catch (SchemaException altered) {
            return Optional.empty();
        }
    }

    private static String readable(byte[] bytes) {
        var json = Json.mapper();
        try {
            return json.writerWithDefaultPrettyPrinter().writeValueAsString(json.readTree(bytes));
        } catch (JacksonException altered) {
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    private static List<Fact> inShort(Facts facts) {
        var list = new ArrayList<Fact>();
        add(list, "Principal", facts.principal());
        add(list, "Client", facts.client());
        add(list, "Tool", facts.tool());
        add(list, "Database", facts.database().map(name -> name.value()));
        add(list, "Statement class", facts.statementClass());
        add(
                list,
                "Tables",
                Optional.of(String.join(", ", facts.tables())).filter(tables -> !tables.isEmpty()));
        add(list, "Code", facts.code());
        add(list, "Rows", facts.rows().map(String::valueOf));
        add(list, "About", facts.detail());
        add(list, "Statement", facts.fingerprint());
        return list;
    }

    private static void add(List<Fact> list, String name, Optional<String> value) {
        value.ifPresent(text -> list.add(new Fact(name, text)));
    }
}
