package dev.sallyport.bench;

import java.util.List;
import java.util.Locale;

/**
 * What a figure should be, and what it is.
 *
 * @param what the figure
 * @param now what this run gave
 * @param aim the limit
 * @param bound on which side of it the figure should be
 * @param unit what follows the numbers
 */
record Aim(String what, double now, double aim, Bound bound, String unit) {
    private static final String ROW = "%-78s %12s %12s  %s%n";

    /** On which side of the limit. */
    enum Bound {
        AT_LEAST,
        AT_MOST
    }

    static Aim atLeast(String what, double now, double aim, String unit) {
        return new Aim(what, now, aim, Bound.AT_LEAST, unit);
    }

    static Aim atMost(String what, double now, double aim, String unit) {
        return new Aim(what, now, aim, Bound.AT_MOST, unit);
    }

    /** Whether it is; what is not a number is not. */
    public boolean reached() {
        return switch (bound) {
            case AT_LEAST -> now >= aim;
            case AT_MOST -> now <= aim;
        };
    }

    /** The table, with a title line above it. */
    static String table(List<Aim> aims) {
        var text = new StringBuilder(ROW.formatted("aims", "now", "aim", ""));
        for (Aim aim : aims) {
            String sign = aim.bound == Bound.AT_LEAST ? ">= " : "<= ";
            text.append(
                    ROW.formatted(
                            aim.what,
                            number(aim.now) + aim.unit,
                            sign + number(aim.aim) + aim.unit,
                            aim.reached() ? "reached" : "not reached"));
        }
        return text.toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value >= 100 ? "%.0f" : "%.2f", value);
    }
}
