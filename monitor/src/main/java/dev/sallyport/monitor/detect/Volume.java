package dev.sallyport.monitor.detect;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** How much left a database: rows, and bytes of the result as the caller received it. */
public record Volume(long rows, long bytes) {
    public static final Volume NONE = new Volume(0, 0);

    public Volume {
        if (rows < 0 || bytes < 0) {
            throw new IllegalArgumentException(
                    "a volume is not negative: " + rows + " rows, " + bytes + " bytes");
        }
    }

    void write(DataOutput out) throws IOException {
        out.writeLong(rows);
        out.writeLong(bytes);
    }

    static Volume read(DataInput in) throws IOException {
        return new Volume(in.readLong(), in.readLong());
    }

    Volume plus(Volume other) {
        return new Volume(capped(rows, other.rows), capped(bytes, other.bytes));
    }

    /** A sum that stops at the largest long, so that no event can turn a sum negative. */
    private static long capped(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }
}
