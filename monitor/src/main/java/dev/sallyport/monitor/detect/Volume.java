package dev.sallyport.monitor.detect;

/** How much left a database: rows, and bytes of the result as the caller received it. */
public record Volume(long rows, long bytes) {
    public static final Volume NONE = new Volume(0, 0);

    public Volume {
        if (rows < 0 || bytes < 0) {
            throw new IllegalArgumentException(
                    "a volume is not negative: " + rows + " rows, " + bytes + " bytes");
        }
    }

    Volume plus(Volume other) {
        return new Volume(capped(rows, other.rows), capped(bytes, other.bytes));
    }

    /** A sum that stops at the largest long, so that no event can turn a sum negative. */
    private static long capped(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }
}
