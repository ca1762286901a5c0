package dev.sallyport.cli.lint;

import dev.sallyport.cli.lint.Finding.Kind;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.Scope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** Grants that open nothing, and databases that no grant opens. */
final class GrantLint {
    /** What a grant can give. The others come with a token alone. */
    private static final Set<Scope> GIVEN =
            Set.of(Scope.READ, Scope.WRITE, Scope.DELETE, Scope.SQL);

    private final Holding holding;
    private final List<Finding> findings = new ArrayList<>();

    GrantLint(Holding holding) {
        this.holding = holding;
    }

    List<Finding> findings() {
        holding.grants().forEach(this::look);
        for (Database database : holding.databases().values()) {
            if (holding.grants().stream()
                    .noneMatch(grant ->
                            grant.databases().contains(database.name())
                                    && !grant.subjects().isEmpty()
                                    && !Collections.disjoint(grant.scopes(), GIVEN))) {
                add(
                        Kind.DATABASE_WITHOUT_GRANT,
                        database.key(),
                        "no grant gives anybody anything in it, so nobody sees it");
            }
        }
        return findings;
    }

    private void look(Grant grant) {
        if (grant.subjects().isEmpty()) {
            add(Kind.GRANT_WITHOUT_SUBJECTS, grant.key(), "it names no subjects");
        }
        if (grant.databases().isEmpty()) {
            add(Kind.GRANT_WITHOUT_DATABASES, grant.key(), "it names no databases");
        }
        if (grant.scopes().isEmpty()) {
            add(Kind.GRANT_WITHOUT_SCOPES, grant.key(), "it names no scopes");
        }
        for (DatabaseName name : sorted(grant.databases())) {
            if (!holding.databases().containsKey(name)) {
                add(Kind.GRANT_DATABASE_UNKNOWN, grant.key(), "the tenant has no database " + name);
            }
        }
        Set<Scope> without =
                grant.scopes().stream()
                        .filter(scope -> !GIVEN.contains(scope))
                        .collect(Collectors.toSet());
        if (!without.isEmpty()) {
            add(
                    Kind.GRANT_SCOPE_WITHOUT_EFFECT,
                    grant.key(),
                    "%s cannot be granted: it comes with the token; a grant gives %s"
                            .formatted(words(without), words(GIVEN)));
        }
        lookAtChanges(grant);
        if (!grant.subjects().isEmpty() && holding.suspended().containsAll(grant.subjects())) {
            add(Kind.GRANT_SUBJECTS_SUSPENDED, grant.key(), "everybody whom it names is suspended");
        }
        holding.grants().stream()
                .filter(other -> givesAll(other, grant))
                .findFirst()
                .ifPresent(other ->
                        add(
                                Kind.GRANT_REDUNDANT,
                                grant.key(),
                                other.key() + " gives all of it to the same subjects"));
    }

    private void lookAtChanges(Grant grant) {
        List<Database> databases =
                sorted(grant.databases()).stream()
                        .map(holding.databases()::get)
                        .filter(Objects::nonNull)
                        .toList();
        if (!databases.isEmpty()
                && !Collections.disjoint(grant.scopes(), Holding.CHANGING)
                && databases.stream().allMatch(holding::isReadOnly)) {
            add(
                    Kind.GRANT_READ_ONLY,
                    grant.key(),
                    "nothing can be changed in the databases that it names: they, or the tenant,"
                            + " are read-only");
        }
        if (grant.scopes().contains(Scope.DELETE)) {
            for (Database database : databases) {
                List<String> lacking =
                        grant.subjects().stream()
                                .filter(subject ->
                                        !holding.scopes(subject, database.name())
                                                .contains(Scope.WRITE))
                                .sorted()
                                .toList();
                if (!lacking.isEmpty()) {
                    add(
                            Kind.GRANT_DELETE_WITHOUT_WRITE,
                            grant.key(),
                            "a delete needs mcp:write too, which is not granted to %s in %s"
                                    .formatted(named(lacking), database.name()));
                }
            }
        }
    }

    /** Of two that give the same, only the later one gives nothing more. */
    private static boolean givesAll(Grant other, Grant grant) {
        return !other.name().equals(grant.name())
                && covers(other, grant)
                && (!covers(grant, other) || other.name().compareTo(grant.name()) < 0);
    }

    private static boolean covers(Grant other, Grant grant) {
        return (other.subjects().contains(Grant.EVERYONE)
                        || other.subjects().containsAll(grant.subjects()))
                && other.databases().containsAll(grant.databases())
                && other.scopes().containsAll(grant.scopes())
                && (other.statistics() || !grant.statistics());
    }

    private static List<DatabaseName> sorted(Collection<DatabaseName> names) {
        return names.stream().sorted((one, other) -> one.value().compareTo(other.value())).toList();
    }

    private static String named(List<String> subjects) {
        return subjects.equals(List.of(Grant.EVERYONE)) ? "everybody" : String.join(", ", subjects);
    }

    static String words(Set<Scope> scopes) {
        return scopes.stream().map(Scope::wire).sorted().collect(Collectors.joining(", "));
    }

    private void add(Kind kind, String key, String message) {
        findings.add(new Finding(kind, key, message));
    }
}
