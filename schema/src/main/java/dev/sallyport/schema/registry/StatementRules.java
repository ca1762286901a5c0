package dev.sallyport.schema.registry;

import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the owner of a database allows to statements beyond what is allowed everywhere.
 *
 * @param oneTenant whether the database holds the rows of one tenant only, so that plans and their
 *     estimates may be shown
 * @param xml whether XML may be parsed and searched, which cannot be cancelled
 * @param cardNumbers whether full payment card numbers may be in results; otherwise their last four
 *     digits are
 * @param functions functions that may be called, each {@code name} or {@code schema.name}, folded
 *     as PostgreSQL folds; absent means none
 * @param relations relations that may be read though they are named like the server's own, each
 *     {@code name} or {@code schema.name}; absent means none
 */
public record StatementRules(
        boolean oneTenant,
        boolean xml,
        boolean cardNumbers,
        Set<String> functions,
        Set<String> relations) {
    /** Nothing beyond what is allowed everywhere. */
    public static final StatementRules NONE =
            new StatementRules(false, false, false, Set.of(), Set.of());

    /** Names that each of the two sets may hold. */
    public static final int NAMES_MAX = 1_000;

    private static final Pattern NAME =
            Pattern.compile("[a-z_][a-z0-9_$]{0,62}(\\.[a-z_][a-z0-9_$]{0,62})?");

    public StatementRules(
            boolean oneTenant,
            boolean xml,
            boolean cardNumbers,
            @Nullable Set<String> functions,
            @Nullable Set<String> relations) {
        this.oneTenant = oneTenant;
        this.xml = xml;
        this.cardNumbers = cardNumbers;
        this.functions = checked("functions", functions);
        this.relations = checked("relations", relations);
    }

    private static Set<String> checked(String which, @Nullable Set<String> names) {
        if (names == null) {
            return Set.of();
        }
        if (names.size() > NAMES_MAX) {
            throw new IllegalArgumentException(
                    "%s must be at most %d names: %d".formatted(which, NAMES_MAX, names.size()));
        }
        for (String name : names) {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException(
                        which + " must be name or schema.name in lower case: " + name);
            }
        }
        return Set.copyOf(names);
    }
}
