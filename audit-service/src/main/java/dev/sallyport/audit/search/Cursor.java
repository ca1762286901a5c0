package dev.sallyport.audit.search;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Where a page of entries ended: the next one begins below it. Entries that come in the meantime
 * move no page.
 *
 * @param time the time of the page's last entry
 * @param index its index, which decides between entries of the same time
 */
public record Cursor(Instant time, long index) {
    private static final int BYTES = 2 * Long.BYTES;
    private static final long MICROS_A_SECOND = 1_000_000;

    /** The cursor in the form in which callers hand it back. */
    public String text() {
        long micros = ChronoUnit.MICROS.between(Instant.EPOCH, time);
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(ByteBuffer.allocate(BYTES).putLong(micros).putLong(index).array());
    }

    /**
     * The cursor that a caller handed back.
     *
     * @throws AuditException {@code cursor_invalid}
     */
    public static Cursor parse(String text) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            if (bytes.length == BYTES) {
                var numbers = ByteBuffer.wrap(bytes);
                long micros = numbers.getLong();
                var time =
                        Instant.ofEpochSecond(
                                Math.floorDiv(micros, MICROS_A_SECOND),
                                Math.floorMod(micros, MICROS_A_SECOND) * 1_000);
                if (!time.isBefore(EntryFilter.TIME_MIN) && !time.isAfter(EntryFilter.TIME_MAX)) {
                    return new Cursor(time, numbers.getLong());
                }
            }
        } catch (IllegalArgumentException malformed) {
            throw invalid(malformed);
        }
        throw invalid(null);
    }

    private static AuditException invalid(@Nullable Throwable cause) {
        return new AuditException(
                AuditProblem.CURSOR_INVALID,
                "cursor must be the value of next in an earlier answer",
                cause);
    }
}
