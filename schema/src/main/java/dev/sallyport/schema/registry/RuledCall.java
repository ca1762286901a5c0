package dev.sallyport.schema.registry;

import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.DatabaseName;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What rules look at in a call. What is null or empty is not told, and counts as what a rule names.
 *
 * @param effects everything that its statement does
 * @param tables the relations that its statement names, as PostgreSQL folds them, odd names in
 *     double quotes
 * @param subject who calls
 * @param client with which OAuth client
 * @param address from which address
 * @param at when
 */
public record RuledCall(
        DatabaseName database,
        String tool,
        Set<StatementClass> effects,
        List<String> tables,
        @Nullable String subject,
        @Nullable String client,
        @Nullable InetAddress address,
        @Nullable Instant at) {
    public RuledCall {
        effects = Set.copyOf(effects);
        tables = List.copyOf(tables);
    }

    /** A call of which nothing is told but its statement. */
    public static RuledCall of(
            DatabaseName database,
            String tool,
            Set<StatementClass> effects,
            Collection<String> tables) {
        return new RuledCall(database, tool, effects, List.copyOf(tables), null, null, null, null);
    }

    /** The same call, made by this caller at that time. */
    public RuledCall by(
            @Nullable String who,
            @Nullable String with,
            @Nullable InetAddress from,
            @Nullable Instant when) {
        return new RuledCall(database, tool, effects, tables, who, with, from, when);
    }

    /** Whether its statement only reads. */
    boolean reads() {
        return Set.of(StatementClass.READ).containsAll(effects);
    }
}
