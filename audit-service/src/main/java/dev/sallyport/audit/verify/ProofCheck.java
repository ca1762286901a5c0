package dev.sallyport.audit.verify;

import dev.sallyport.audit.note.TlogProof;
import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.schema.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The check of the proof of one call, or of one entry. */
final class ProofCheck {
    private final Optional<String> call;
    private final VerifierKey key;
    private final List<Finding> findings = new ArrayList<>();
    private final List<SignedTree> trees = new ArrayList<>();
    private final List<Verdict.ProvedEvent> events = new ArrayList<>();

    private ProofCheck(Optional<String> call, VerifierKey key) {
        this.call = call;
        this.key = key;
    }

    static Verdict verify(byte[] json, VerifierKey key) {
        try {
            var tree = CallProof.tree(json);
            if (EntryProof.isOne(tree)) {
                return new ProofCheck(Optional.empty(), key)
                        .verdict(List.of(EntryProof.of(tree).proved()));
            }
            var proof = CallProof.parse(json);
            return new ProofCheck(Optional.of(proof.callId()), key).verdict(proof.entries());
        } catch (IllegalArgumentException malformed) {
            return new Verdict.Unreadable(String.valueOf(malformed.getMessage()));
        }
    }

    private Verdict verdict(List<CallProof.ProvedEntry> entries) {
        for (int i = 0; i < entries.size(); i++) {
            check(entries.get(i), "entry " + i + " of the proof");
        }
        if (!findings.isEmpty()) {
            return new Verdict.Tampered(findings);
        }
        SignedTree last = trees.getLast();
        if (trees.stream().anyMatch(tree -> !tree.checkpoint().equals(last.checkpoint()))) {
            return altered("the entries of the proof stand under different checkpoints");
        }
        var places = new HashSet<Long>();
        if (!events.stream().allMatch(event -> places.add(event.index()))) {
            return altered("the proof holds an entry twice");
        }
        return new Verdict.Proved(
                call, events, last.checkpoint().origin(), last.checkpoint().tree(), last.note());
    }

    private static Verdict altered(String why) {
        return new Verdict.Tampered(List.of(new Finding.CheckpointAltered(why)));
    }

    private void check(CallProof.ProvedEntry proved, String place) {
        try {
            byte[] entry = proved.bytes();
            var proof = TlogProof.parse(proved.proof());
            var tree =
                    SignedTree.open(
                            proof.checkpoint().getBytes(StandardCharsets.UTF_8),
                            SignedTree.Named.any(key));
            trees.add(tree);
            if (!proof.proves(Hash.ofLeaf(entry), tree.checkpoint())) {
                findings.add(
                        new Finding.EntryAltered(
                                proof.index(),
                                EventIdIn.entry(entry),
                                place,
                                "it is not in the log that the checkpoint describes"));
                return;
            }
            event(entry, proof.index())
                    .ifPresentOrElse(
                            events::add,
                            () ->
                                    findings.add(
                                            new Finding.EntryAltered(
                                                    proof.index(),
                                                    EventIdIn.entry(entry),
                                                    place,
                                                    call.map(id ->
                                                                    "it is in the log but is no event of the call "
                                                                            + id)
                                                            .orElse(
                                                                    "it is in the log but is no event"))));
        } catch (IllegalArgumentException refused) {
            findings.add(new Finding.CheckpointAltered(place + ": " + refused.getMessage()));
        }
    }

    /**
     * The event, where it is one of the call that is asked for, if one is: its own {@code
     * data.call} says so, and no other text in it. A member that stands twice, which could show one
     * value to a person and another one here, makes it none.
     */
    private Optional<Verdict.ProvedEvent> event(byte[] entry, long index) {
        JsonNode event;
        try {
            event = Json.mapper().readTree(entry);
        } catch (JacksonException malformed) {
            return Optional.empty();
        }
        String its = event.path("data").path("call").asString("");
        return call.isEmpty() || (!its.isEmpty() && its.equals(call.get()))
                ? Optional.of(
                        new Verdict.ProvedEvent(
                                index,
                                event.path("type").asString(""),
                                event.path("time").asString("")))
                : Optional.empty();
    }
}
