package dev.sallyport.audit.page;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How the page calls things. */
final class Wording {
    private Wording() {}

    /** {@code CallSettled} as a person reads it: call settled. */
    static String kind(String kind) {
        return kind.replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    }

    static String orDash(@Nullable String text) {
        return text == null ? "\u2013" : text;
    }

    /** The colour that goes with an outcome; the page always says the outcome in words too. */
    static String tone(@Nullable String outcome) {
        return switch (outcome) {
            case "succeeded", "granted", "reinstated" -> "good";
            case "failed",
                    "refused",
                    "denied",
                    "unauthenticated",
                    "suspended",
                    "alerted",
                    "rejected",
                    "gap" ->
                    "bad";
            case "expired", "cancelled", "unknown", "erased" -> "warn";
            case null, default -> "quiet";
        };
    }
}
