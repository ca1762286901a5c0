package dev.sallyport.gateway.limit;

/** What came of the wish to take something of an account. */
sealed interface Taken {

    /**
     * It is reserved.
     *
     * @param amounts how much, which may be less than was wanted
     */
    record Held(Account account, Lease lease, Amounts amounts) implements Taken {}

    /**
     * There is none left in this window.
     *
     * @param measure the first measure of which there is not enough
     */
    record Exhausted(int measure, long nanosToEnd) implements Taken {}

    /** What is left is reserved by calls that are under way, or leased to other gateways. */
    record InUse(int measure) implements Taken {}

    /** The store does not answer, and there is no lease. */
    record Away() implements Taken {}

    /** The account was closed meanwhile; another one with its key can be opened. */
    record Closed() implements Taken {}
}
