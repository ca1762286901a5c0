package dev.sallyport.gateway.protocol;

/** What a caller is told whose call would exceed a limit: nothing ran. */
public final class Limited {

    private static final String RETRY_AFTER = "Retry-After";

    private Limited() {}

    /**
     * The client calls too often.
     *
     * @param what the calls that are counted, such as "calls"
     * @param most of them in a minute
     */
    public static Refusal rate(String what, long most, long resetSeconds) {
        return after(
                resetSeconds,
                Refusal.toModelAndClient(
                        ErrorCode.RATE_LIMITED,
                        "This client may make %d %s a minute from one address, and made them: nothing ran. Wait %d seconds, then go on with fewer, larger steps"
                                .formatted(most, what, resetSeconds)));
    }

    /** A budget is used up. */
    public static Refusal exhausted(
            String budget, String measure, String window, long resetSeconds) {
        return after(
                resetSeconds,
                Refusal.toModel(
                        "budget_exhausted",
                        "Your budget %s of %s for this %s is used up: nothing ran. It starts anew in %d seconds; do not repeat the call before, and tell your user"
                                .formatted(budget, measure, window, resetSeconds)));
    }

    /** What is left of a budget is reserved. */
    public static Refusal inUse(String budget, String measure) {
        return after(
                1,
                Refusal.toModel(
                        "budget_in_use",
                        "What is left of your budget %s of %s is reserved by calls that are under way: nothing ran. Wait for them to end, or ask for fewer rows, and try again"
                                .formatted(budget, measure)));
    }

    /** It cannot be told whether a limit would be exceeded. */
    public static Refusal unavailable() {
        return after(
                1,
                Refusal.of(
                        ErrorCode.LIMITS_UNAVAILABLE,
                        "It cannot be told just now what is left of your limits, so nothing ran: try again; the operator can tell more"));
    }

    private static Refusal after(long seconds, Refusal refusal) {
        return refusal.withHeader(RETRY_AFTER, String.valueOf(seconds));
    }
}
