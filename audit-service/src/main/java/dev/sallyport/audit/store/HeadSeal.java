package dev.sallyport.audit.store;

import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.schema.id.TenantId;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Seals heads: entries that somebody else inserted, with a head and tiles that fit them, are in no
 * tree that this service made, and are not signed.
 */
public final class HeadSeal {
    private HeadSeal() {}

    /**
     * The seal of a head.
     *
     * @param previous the size that the log had before
     */
    public static byte[] of(RowSeal seal, TenantId tenant, long previous, TreeHead head) {
        var root = ByteBuffer.wrap(head.root().bytes());
        return seal.of(
                "head",
                tenant.value(),
                previous,
                head.size(),
                root.getLong(),
                root.getLong(),
                root.getLong(),
                root.getLong());
    }

    /** Whether this service wrote the head; one without a seal is older than seals. */
    public static boolean fits(
            RowSeal seal, TenantId tenant, long previous, TreeHead head, byte @Nullable [] stored) {
        return stored == null || RowSeal.same(of(seal, tenant, previous, head), stored);
    }
}
