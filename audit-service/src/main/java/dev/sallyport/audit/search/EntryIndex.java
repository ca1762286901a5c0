package dev.sallyport.audit.search;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import java.util.regex.Pattern;

/** An entry's place in its log, as addresses spell it. */
public final class EntryIndex {
    private static final Pattern DIGITS = Pattern.compile("0|[1-9][0-9]{0,17}");

    private EntryIndex() {}

    /**
     * The index that the text spells.
     *
     * @throws AuditException {@code parameter_invalid}
     */
    public static long parse(String text) {
        if (!DIGITS.matcher(text).matches()) {
            throw new AuditException(
                    AuditProblem.PARAMETER_INVALID,
                    "an entry's index is a number from 0 without leading zeros");
        }
        return Long.parseLong(text);
    }
}
