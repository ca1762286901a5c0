package dev.sallyport.gateway.limit;

import org.jspecify.annotations.Nullable;

/**
 * What a gateway tells the store of one account, and what it wants. Totals are those of its lease
 * in the window, so that a message that is lost or repeated changes nothing.
 *
 * @param lease whose the totals are, as the store numbered it; null while there is none
 * @param used all that was used under the lease
 * @param returned all that was given back of it
 * @param reserved what calls under way have of it
 * @param logged up to where the log has what was used, by {@link Evidence#logged}
 * @param need what callers wait for
 * @param ahead what is wanted in hand beyond that, where there is plenty
 * @param most the limit, as the registry has it
 */
public record Ask(
        AccountKey key,
        @Nullable Long lease,
        Amounts used,
        Amounts returned,
        Amounts reserved,
        @Nullable String logged,
        Amounts need,
        Amounts ahead,
        Amounts most) {}
