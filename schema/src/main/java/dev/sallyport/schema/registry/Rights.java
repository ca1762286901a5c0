package dev.sallyport.schema.registry;

import dev.sallyport.schema.id.DatabaseName;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one subject of a tenant may do: the scopes that the tenant's grants give it in each
 * database. A database that no grant opens to it is not in here. Immutable.
 */
public final class Rights {
    static final Comparator<Database> BY_NAME =
            Comparator.comparing(database -> database.name().value());

    /** The rights of a subject that nothing is granted to. */
    public static final Rights NONE = new Rights(Map.of());

    private final Map<DatabaseName, Opened> opened;
    private final List<Database> databases;
    private final Set<Set<Scope>> levels;

    /**
     * A database that grants open.
     *
     * @param scopes all that they allow there; never empty
     * @param statistics whether one of them allows to see plans there
     */
    public record Opened(Database database, Set<Scope> scopes, boolean statistics) {
        public Opened {
            scopes = Collections.unmodifiableSet(EnumSet.copyOf(scopes));
        }

        public Opened(Database database, Set<Scope> scopes) {
            this(database, scopes, false);
        }

        /** Whether plans may be shown there. */
        public boolean plans() {
            return statistics || database.rules().oneTenant();
        }
    }

    private Rights(Map<DatabaseName, Opened> opened) {
        this.opened = Map.copyOf(opened);
        this.databases = opened.values().stream().map(Opened::database).sorted(BY_NAME).toList();
        this.levels =
                opened.values().stream()
                        .map(Opened::scopes)
                        .collect(Collectors.toUnmodifiableSet());
    }

    /** The sum of these grants, in those of the databases that they name. */
    static Rights of(Iterable<Grant> grants, Map<DatabaseName, Database> databases) {
        Map<DatabaseName, Set<Scope>> sums = new HashMap<>();
        Set<DatabaseName> statistics = new HashSet<>();
        for (Grant grant : grants) {
            if (grant.statistics() && !grant.scopes().isEmpty()) {
                statistics.addAll(grant.databases());
            }
            for (DatabaseName name : grant.databases()) {
                sums.computeIfAbsent(name, _ -> EnumSet.noneOf(Scope.class)).addAll(grant.scopes());
            }
        }
        Map<DatabaseName, Opened> opened = new HashMap<>();
        sums.forEach((name, scopes) -> {
            Database database = databases.get(name);
            if (database != null && !scopes.isEmpty()) {
                opened.put(name, new Opened(database, scopes, statistics.contains(name)));
            }
        });
        return opened.isEmpty() ? NONE : new Rights(opened);
    }

    /** The databases in which anything is granted, by name. */
    public List<Database> databases() {
        return databases;
    }

    /** The database of that name and what is granted in it; empty where nothing is. */
    public Optional<Opened> in(DatabaseName database) {
        return Optional.ofNullable(opened.get(database));
    }

    /** The same with what is granted in each, in no order. */
    public Collection<Opened> opened() {
        return opened.values();
    }

    /** The different sets of scopes that are granted somewhere: few, however many databases. */
    public Set<Set<Scope>> levels() {
        return levels;
    }
}
