package dev.sallyport.gateway.limit;

/**
 * How much of each measure.
 *
 * @param calls calls
 * @param rows rows returned
 * @param bytes bytes of results
 */
public record Amounts(long calls, long rows, long bytes) {

    /** The names of the measures, in their order. */
    static final String[] MEASURES = {"calls", "rows", "bytes"};

    /** Nothing of any. */
    public static final Amounts NONE = new Amounts(0, 0, 0);

    /** Stands for no limit: a number that is never reached, and of which two can be added. */
    public static final long UNLIMITED = 1L << 60;

    /** The same as an array, in the order of the measures. */
    public long[] toArray() {
        return new long[] {calls, rows, bytes};
    }

    long get(int measure) {
        return switch (measure) {
            case 0 -> calls;
            case 1 -> rows;
            default -> bytes;
        };
    }

    Amounts plus(Amounts other) {
        return new Amounts(calls + other.calls, rows + other.rows, bytes + other.bytes);
    }

    Amounts minus(Amounts other) {
        return new Amounts(calls - other.calls, rows - other.rows, bytes - other.bytes);
    }

    Amounts times(int factor) {
        return new Amounts(calls * factor, rows * factor, bytes * factor);
    }

    /** The smaller of each. */
    Amounts atMost(Amounts other) {
        return new Amounts(
                Math.min(calls, other.calls),
                Math.min(rows, other.rows),
                Math.min(bytes, other.bytes));
    }

    /** The same without what is less than nothing. */
    Amounts notNegative() {
        return new Amounts(Math.max(calls, 0), Math.max(rows, 0), Math.max(bytes, 0));
    }

    /** Whether there is at least the other's of each. */
    boolean covers(Amounts other) {
        return calls >= other.calls && rows >= other.rows && bytes >= other.bytes;
    }

    boolean isNone() {
        return equals(NONE);
    }
}
