package dev.sallyport.audit.log;

import dev.sallyport.audit.note.Base64Text;
import dev.sallyport.audit.note.TlogProof;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.tree.TiledTree;
import dev.sallyport.audit.verify.CallProof;
import dev.sallyport.audit.verify.EntryProof;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;

/**
 * Makes the proofs of calls, and of single entries.
 *
 * @param logs where the logs are read
 */
public record CallProofs(LogReader logs) {
    /**
     * The proof of a call: its events so far, each with its inclusion under the latest checkpoint.
     *
     * @throws AuditException {@code call_not_found}, or {@code call_not_published} while no
     *     checkpoint covers any of its events
     */
    public CallProof of(TenantId tenant, CallId call) {
        // the checkpoint first: what it covers is in the database by then
        var checkpoint = logs.checkpoint(tenant);
        var entries = logs.entriesOf(tenant, call, CallProof.ENTRIES_MAX);
        if (entries.isEmpty()) {
            throw new AuditException(
                    AuditProblem.CALL_NOT_FOUND, "no event of this tenant names the call " + call);
        }
        long size = checkpoint.map(signed -> signed.tree().size()).orElse(0L);
        var published = entries.headMap(size);
        if (checkpoint.isEmpty() || published.isEmpty()) {
            throw new AuditException(
                    AuditProblem.CALL_NOT_PUBLISHED,
                    "the call's events are not covered by a checkpoint yet: try again in a second");
        }
        var tree = logs.tree(tenant, size);
        return new CallProof(
                call.toString(),
                published.entrySet().stream()
                        .map(entry ->
                                proved(entry.getKey(), entry.getValue(), tree, checkpoint.get()))
                        .toList());
    }

    /**
     * The proof of the entry at an index: its inclusion under the latest checkpoint.
     *
     * @throws AuditException {@code entry_not_found}, or {@code entry_not_published} while no
     *     checkpoint covers it
     */
    public EntryProof ofEntry(TenantId tenant, long index) {
        var checkpoint = logs.checkpoint(tenant);
        byte[] entry =
                logs.entry(tenant, index)
                        .orElseThrow(() ->
                                new AuditException(
                                        AuditProblem.ENTRY_NOT_FOUND,
                                        "the log has no entry " + index));
        if (checkpoint.isEmpty() || checkpoint.get().tree().size() <= index) {
            throw new AuditException(
                    AuditProblem.ENTRY_NOT_PUBLISHED,
                    "the entry is not covered by a checkpoint yet: try again in a second");
        }
        var tree = logs.tree(tenant, checkpoint.get().tree().size());
        return new EntryProof(proved(index, entry, tree, checkpoint.get()));
    }

    private static CallProof.ProvedEntry proved(
            long index, byte[] entry, TiledTree tree, PublishedCheckpoint checkpoint) {
        try {
            var inclusion = tree.inclusion(index);
            var proof = new TlogProof(inclusion.index(), inclusion.path(), checkpoint.note());
            return new CallProof.ProvedEntry(Base64Text.write(entry), proof.text());
        } catch (IndexOutOfBoundsException missing) {
            throw new AuditException(
                    AuditProblem.LOG_INCONSISTENT,
                    "a tile of the log is missing from the database: the entry cannot be proved",
                    missing);
        }
    }
}
