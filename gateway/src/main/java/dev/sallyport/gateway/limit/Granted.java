package dev.sallyport.gateway.limit;

/**
 * What the store says to an {@link Ask}.
 *
 * @param startsMillis when the account's window began, by the store's clock
 * @param endsInMillis how much is left of the window
 * @param granted all that was ever granted under this gateway's lease in the window
 * @param used what the store knows to be used of that
 * @param returned what the store was given back of it
 * @param left what nobody has
 * @param others what other gateways have and may give back
 */
public record Granted(
        long startsMillis,
        long endsInMillis,
        Amounts granted,
        Amounts used,
        Amounts returned,
        Amounts left,
        Amounts others) {}
