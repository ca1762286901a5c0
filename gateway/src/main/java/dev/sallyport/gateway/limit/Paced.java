package dev.sallyport.gateway.limit;

/** Whether a call keeps to the pace of its client. */
public sealed interface Paced {

    /** It does. */
    record Kept(Standing standing) implements Paced {}

    /** There were as many calls in this minute as there may be. */
    record TooFast(Standing standing) implements Paced {}

    /** It cannot be told, so the answer is no: the store of limits is away. */
    record Unknown() implements Paced {}

    /** The tenant has as many callers at once as can be counted. */
    record Crowded() implements Paced {}
}
