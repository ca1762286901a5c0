package dev.sallyport.gateway.limit;

/**
 * How an account stands in the store.
 *
 * @param endsInMillis how much is left of its window
 * @param used what was used for certain
 * @param leased what gateways that live have of it: reserved by calls, or in hand for the next
 * @param expired what gateways had that did not say what became of it
 */
public record Counted(
        AccountKey key, long endsInMillis, Amounts used, Amounts leased, Amounts expired) {}
