package dev.sallyport.gateway.limit;

/**
 * How a rate stands.
 *
 * @param limit calls of a window
 * @param remaining how many more there may be in it, as far as this gateway knows
 * @param resetSeconds until the next window begins
 */
public record Standing(long limit, long remaining, long resetSeconds) {}
