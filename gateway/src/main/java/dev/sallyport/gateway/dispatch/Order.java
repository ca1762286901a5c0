package dev.sallyport.gateway.dispatch;

import dev.sallyport.schema.event.Access;
import org.jspecify.annotations.Nullable;

/**
 * What a command tells an executor to do with a call's transaction.
 *
 * @param approval the approval that the call was let run by; null where it needed none
 * @param effectDigest the effect that is committed, and no other; just where the access says so
 */
public record Order(Access access, @Nullable String approval, @Nullable String effectDigest) {

    public Order {
        if ((access == Access.COMMIT_IF) != (effectDigest != null)) {
            throw new IllegalArgumentException("an effect is compared just where one is given");
        }
    }

    /** Whatever the call itself says. */
    public static Order plain(Access access) {
        return new Order(access, null, null);
    }

    /** To tell what would be changed, and change nothing. */
    public static Order rehearsal() {
        return plain(Access.REHEARSE);
    }

    /** To commit what a rehearsal told, and nothing else. */
    public static Order unchanged(String effectDigest) {
        return new Order(Access.COMMIT_IF, null, effectDigest);
    }

    /**
     * To commit what was approved.
     *
     * @param effectDigest the effect that was approved; null where its text alone was
     */
    public static Order approved(String approval, @Nullable String effectDigest) {
        return new Order(
                effectDigest == null ? Access.WRITE : Access.COMMIT_IF, approval, effectDigest);
    }
}
