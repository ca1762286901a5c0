package dev.sallyport.gateway.limit;

/**
 * What the store says to an {@link Ask}.
 *
 * @param lease the number of this gateway's lease in the window; another one than before in another
 *     window, and where the one before was closed because this gateway seemed to have died
 * @param endsInMillis how much is left of the window
 * @param granted all that was ever granted under this gateway's lease in the window
 * @param used what the store knows to be used of that
 * @param returned what the store was given back of it
 * @param left what nobody has
 * @param others what other gateways have and may give back
 */
public record Granted(
        long lease,
        long endsInMillis,
        Amounts granted,
        Amounts used,
        Amounts returned,
        Amounts left,
        Amounts others) {}
