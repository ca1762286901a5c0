package dev.sallyport.gateway.limit;

import dev.sallyport.schema.id.TenantId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the log tells of what gateways used: nothing runs that is not in it, so that what a gateway
 * that died had in hand can be told apart from what it used.
 */
public interface Evidence {

    /** Of nothing: a lease whose gateway died stays taken until its window ends. */
    Evidence NONE =
            new Evidence() {
                @Override
                public @Nullable String logged(TenantId tenant) {
                    return null;
                }

                @Override
                public Optional<Amounts> usedAfter(
                        AccountKey account, String gateway, String logged) {
                    return Optional.empty();
                }
            };

    /**
     * Up to where the log has what this gateway did for the tenant so far: whatever it publishes
     * from now on stands after that. Null where it cannot be told.
     */
    @Nullable String logged(TenantId tenant);

    /**
     * What calls of that gateway that stand in the log after that can have used of the account at
     * the most; empty where it cannot be told.
     *
     * @param logged as {@link #logged} gave it to that gateway
     */
    Optional<Amounts> usedAfter(AccountKey account, String gateway, String logged);
}
