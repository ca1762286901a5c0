package dev.sallyport.audit.log;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.store.StoredTenant;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TreeHead;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Refuses a key that is not the one by which the logs of its name were signed before. Who checks a
 * log knows it by name and key: under the same name, another key would begin another history of it,
 * of which nothing that was signed before is a part.
 */
public final class SameKey {
    private SameKey() {}

    /**
     * Asks the topic of checkpoints, and where it knows nothing of this key the database. What this
     * key has signed already decides: records and rows that others made then count for nothing.
     *
     * @throws AuditException {@code signing_key_changed}
     */
    public static void require(Handle handle, CheckpointTopic topic) {
        if (!topic.last().isEmpty()) {
            return;
        }
        var newest = newest(handle);
        boolean own = newest.stream().anyMatch(one -> one.isSignedBy(topic));
        boolean others =
                topic.hasOtherKeys() || newest.stream().anyMatch(one -> one.isOfName(topic.name()));
        if (others && !own) {
            throw new AuditException(
                    AuditProblem.SIGNING_KEY_CHANGED,
                    "the logs of "
                            + topic.name()
                            + " were signed with another key than the configured one ("
                            + topic.keyId()
                            + "): configure that key again, or give the service another origin and a key of that name, which begins other logs");
        }
    }

    private record Newest(String tenant, PublishedCheckpoint checkpoint) {
        boolean isSignedBy(CheckpointTopic topic) {
            return StoredTenant.of(tenant)
                    .filter(id -> topic.hasSigned(id, checkpoint))
                    .isPresent();
        }

        boolean isOfName(String name) {
            return checkpoint.note().startsWith(name + "/" + tenant + "\n");
        }
    }

    /** The newest checkpoint of each log, by the index. */
    private static List<Newest> newest(Handle handle) {
        return handle.createQuery(
                        """
                        WITH RECURSIVE newest AS (
                            (SELECT c.tenant, c.size FROM audit.checkpoint c ORDER BY c.tenant DESC, c.size DESC LIMIT 1)
                            UNION ALL
                            SELECT next.tenant, next.size FROM newest n CROSS JOIN LATERAL (
                                SELECT c.tenant, c.size FROM audit.checkpoint c WHERE c.tenant < n.tenant
                                ORDER BY c.tenant DESC, c.size DESC LIMIT 1) AS next)
                        SELECT tenant, size, c.root, c.note FROM newest JOIN audit.checkpoint c USING (tenant, size)
                        WHERE octet_length(c.root) = 32
                        """)
                .map((row, _) ->
                        new Newest(
                                row.getString("tenant"),
                                new PublishedCheckpoint(
                                        new TreeHead(
                                                row.getLong("size"), Hash.of(row.getBytes("root"))),
                                        row.getString("note"))))
                .list();
    }
}
