package dev.sallyport.audit.approval;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import org.jspecify.annotations.Nullable;

/** What a person decides on an approval. */
public sealed interface Decision {
    /** The longest note or reason, in characters. */
    int WORDS_CHARS_MAX = 1_000;

    /**
     * The call may run.
     *
     * @param note what the person has to say, if anything
     */
    record Approve(@Nullable String note) implements Decision {}

    /** The call may not run. */
    record Deny(String reason) implements Decision {}

    /**
     * An approval with the note.
     *
     * @throws AuditException {@code parameter_invalid}
     */
    static Decision approve(@Nullable String note) {
        return new Approve(note == null || note.isBlank() ? null : checked("note", note));
    }

    /**
     * A refusal with the reason.
     *
     * @throws AuditException {@code parameter_invalid}
     */
    static Decision deny(@Nullable String reason) {
        if (reason == null || reason.isBlank()) {
            throw new AuditException(
                    AuditProblem.PARAMETER_INVALID,
                    "reason is missing: say in a few words why the call must not run");
        }
        return new Deny(checked("reason", reason));
    }

    private static String checked(String name, String words) {
        if (words.length() > WORDS_CHARS_MAX) {
            throw new AuditException(
                    AuditProblem.PARAMETER_INVALID,
                    name + " must have at most " + WORDS_CHARS_MAX + " characters");
        }
        return words.strip();
    }
}
