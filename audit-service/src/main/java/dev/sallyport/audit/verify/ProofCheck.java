package dev.sallyport.audit.verify;

import dev.sallyport.audit.note.TlogProof;
import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.tree.Hash;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The check of one call's proof. */
final class ProofCheck {
    private ProofCheck() {}

    static Verdict verify(byte[] json, VerifierKey key) {
        CallProof proof;
        try {
            proof = CallProof.parse(json);
        } catch (IllegalArgumentException malformed) {
            return new Verdict.Unreadable(String.valueOf(malformed.getMessage()));
        }
        var findings = new ArrayList<Finding>();
        var trees = new ArrayList<SignedTree>();
        for (int i = 0; i < proof.entries().size(); i++) {
            verify(
                            proof.callId(),
                            proof.entries().get(i),
                            "entry " + i + " of the proof",
                            key,
                            findings)
                    .ifPresent(trees::add);
        }
        if (!findings.isEmpty()) {
            return new Verdict.Tampered(findings);
        }
        var last = trees.getLast().checkpoint();
        if (trees.stream().anyMatch(tree -> !tree.checkpoint().equals(last))) {
            return new Verdict.Tampered(
                    List.of(
                            new Finding.CheckpointAltered(
                                    "the entries of the proof stand under different checkpoints")));
        }
        return new Verdict.Verified(last.origin(), last.tree(), trees.getLast().note());
    }

    private static Optional<SignedTree> verify(
            String callId,
            CallProof.ProvedEntry proved,
            String place,
            VerifierKey key,
            List<Finding> findings) {
        try {
            byte[] entry = proved.bytes();
            var tlogProof = TlogProof.parse(proved.proof());
            var eventId = EventIdIn.entry(entry);
            var tree =
                    SignedTree.open(
                            tlogProof.checkpoint().getBytes(StandardCharsets.UTF_8),
                            SignedTree.Named.any(key));
            if (!tlogProof.proves(Hash.ofLeaf(entry), tree.checkpoint())) {
                findings.add(
                        new Finding.EntryAltered(
                                tlogProof.index(),
                                eventId,
                                place,
                                "it is not in the log that the checkpoint describes"));
            } else if (!new String(entry, StandardCharsets.UTF_8).contains("\"" + callId + "\"")) {
                findings.add(
                        new Finding.EntryAltered(
                                tlogProof.index(),
                                eventId,
                                place,
                                "it is in the log but belongs to another call than " + callId));
            }
            return Optional.of(tree);
        } catch (IllegalArgumentException refused) {
            findings.add(new Finding.CheckpointAltered(place + ": " + refused.getMessage()));
            return Optional.empty();
        }
    }
}
