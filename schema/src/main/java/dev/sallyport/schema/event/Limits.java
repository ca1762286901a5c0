package dev.sallyport.schema.event;

/**
 * What one call may take.
 *
 * @param rowsMax rows returned at the most
 * @param bytesMax bytes of result at the most
 * @param timeoutMillis how long the statement may run, in milliseconds
 */
public record Limits(int rowsMax, int bytesMax, int timeoutMillis) {
    public Limits {
        positive("rowsMax", rowsMax);
        positive("bytesMax", bytesMax);
        positive("timeoutMillis", timeoutMillis);
    }

    /** The smaller of each of the two. */
    public Limits within(Limits ceiling) {
        return new Limits(
                Math.min(rowsMax, ceiling.rowsMax),
                Math.min(bytesMax, ceiling.bytesMax),
                Math.min(timeoutMillis, ceiling.timeoutMillis));
    }

    private static void positive(String what, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(what + " must be positive: " + value);
        }
    }
}
