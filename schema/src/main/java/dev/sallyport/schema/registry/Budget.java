package dev.sallyport.schema.registry;

import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What each principal may take in a window. It is counted for each subject by itself, and for all
 * its tools together.
 *
 * @param name unique within the tenant; what was taken is counted under it, also where all else of
 *     the budget changes
 * @param subjects whose calls it limits: the tokens' subjects; none is everyone's, as is {@code *}
 * @param tools the calls of which tools it limits; none is of all
 * @param window the time after which it starts anew
 * @param calls calls that may run; absent where they are not limited, as the next two
 * @param rows rows that may be returned
 * @param bytes bytes of results that may be returned
 */
public record Budget(
        String name,
        Set<String> subjects,
        Set<String> tools,
        Window window,
        @Nullable Long calls,
        @Nullable Long rows,
        @Nullable Long bytes) {
    /** The largest amount that can be written. */
    public static final long AMOUNT_MAX = 1_000_000_000_000_000L;

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,62}");

    public Budget {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a budget's name must be 1 to 63 of a-z, 0-9, - and _: " + name);
        }
        if (window == null) {
            throw new IllegalArgumentException(
                    "budget %s needs a window: minute, hour, day or month".formatted(name));
        }
        subjects = subjects == null ? Set.of() : Set.copyOf(subjects);
        tools = tools == null ? Set.of() : Set.copyOf(tools);
        tools.forEach(TenantLimits::requireTool);
        if (calls == null && rows == null && bytes == null) {
            throw new IllegalArgumentException(
                    "budget %s limits nothing: give calls, rows or bytes".formatted(name));
        }
        requireAmount(name, "calls", calls);
        requireAmount(name, "rows", rows);
        requireAmount(name, "bytes", bytes);
    }

    /** Whether a call of this tool by this subject is counted. */
    public boolean counts(String subject, String tool) {
        return counts(subject) && (tools.isEmpty() || tools.contains(tool));
    }

    /** Whether any call by this subject is counted. */
    boolean counts(String subject) {
        return subjects.isEmpty()
                || subjects.contains(Grant.EVERYONE)
                || subjects.contains(subject);
    }

    private static void requireAmount(String name, String what, @Nullable Long amount) {
        if (amount != null && (amount < 1 || amount > AMOUNT_MAX)) {
            throw new IllegalArgumentException(
                    "budget %s: %s must be 1 to %d: %d".formatted(name, what, AMOUNT_MAX, amount));
        }
    }
}
