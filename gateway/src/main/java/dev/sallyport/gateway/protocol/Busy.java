package dev.sallyport.gateway.protocol;

/** What a caller is told for whose request there is no place now: nothing ran, it may repeat. */
public final class Busy {

    private static final String RETRY_AFTER = "Retry-After";

    private Busy() {}

    /** The gateway works on as many requests as it can. */
    public static Refusal gateway() {
        return busy(
                ErrorCode.OVERLOADED,
                "1",
                "The gateway works on as many requests as it can: try again, nothing ran");
    }

    /** The caller's tenant has its share. */
    public static Refusal tenant() {
        return busy(
                ErrorCode.TENANT_BUSY,
                "1",
                "Your organisation, or you within it, has as many requests under way as its share allows: wait for one to end and try again, nothing ran");
    }

    /** The cell has its share of those that wait for executors. */
    public static Refusal cell() {
        return busy(
                ErrorCode.CELL_BUSY,
                "5",
                "The executors of your organisation's databases do not keep up, or do not answer: try again later, nothing ran");
    }

    /** The cell has no executors. */
    public static Refusal noExecutor() {
        return busy(
                ErrorCode.CELL_UNAVAILABLE,
                "5",
                "No executor of your organisation's databases is running: try again later, nothing ran; the operator can tell more");
    }

    private static Refusal busy(ErrorCode code, String seconds, String message) {
        return Refusal.of(code, message).withHeader(RETRY_AFTER, seconds);
    }

    /** The log could not be told that a request is turned away. */
    public static Refusal unlogged() {
        return Refusal.of(
                ErrorCode.LOG_UNAVAILABLE,
                "The audit log cannot be written just now, so nothing is decided and nothing ran: try again");
    }
}
