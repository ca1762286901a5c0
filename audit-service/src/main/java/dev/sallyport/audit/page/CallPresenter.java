package dev.sallyport.audit.page;

import dev.sallyport.audit.note.TlogProof;
import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.page.CallView.Fact;
import dev.sallyport.audit.search.Facts;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.verify.AuditVerifier;
import dev.sallyport.audit.verify.CallProof;
import dev.sallyport.audit.verify.Finding;
import dev.sallyport.audit.verify.Verdict;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;

/**
 * Prepares a call for the page. The proof is verified as a stranger would, from its JSON form and
 * the public key alone.
 */
record CallPresenter(VerifierKey key) {
    CallView present(Reader reader, CallProof proof) {
        var events = proof.entries().stream().map(CallPresenter::event).toList();
        String checkpoint = TlogProof.parse(proof.entries().getFirst().proof()).checkpoint();
        String vkey = key.named(key.name() + "/" + reader.tenant()).toString();
        return switch (new AuditVerifier(key).proof(proof.json())) {
            case Verdict.Proved(_, _, _, var tree, var note) ->
                    new CallView(
                            reader,
                            proof.callId(),
                            true,
                            List.of(),
                            tree.size(),
                            tree.root().toString(),
                            events,
                            note,
                            vkey);
            case Verdict.Tampered(var findings) ->
                    new CallView(
                            reader,
                            proof.callId(),
                            false,
                            findings.stream().map(Finding::sentence).toList(),
                            0,
                            "",
                            events,
                            checkpoint,
                            vkey);
            case Verdict.Unreadable(var why) ->
                    new CallView(
                            reader,
                            proof.callId(),
                            false,
                            List.of(why),
                            0,
                            "",
                            events,
                            checkpoint,
                            vkey);
            case Verdict.Verified _ ->
                    throw new IllegalStateException("the verdict on a log, for a proof");
        };
    }

    private static CallView.LoggedEvent event(CallProof.ProvedEntry entry) {
        byte[] bytes = entry.bytes();
        var proof = TlogProof.parse(entry.proof());
        var facts = facts(bytes);
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
                proof.path().stream().map(Hash::toString).toList());
    }

    private static Facts facts(byte[] bytes) {
        try {
            return Facts.of(EventCodec.decode(bytes));
        } catch (SchemaException altered) {
            // it was an event when it was logged; the proof will not hold, and the page shall say
            // so and not fail
            return Facts.ofUnreadable(
                    Instant.EPOCH, altered.code(), "what is stored here is no event any more");
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
