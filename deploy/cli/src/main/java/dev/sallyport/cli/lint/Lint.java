package dev.sallyport.cli.lint;

import dev.sallyport.cli.lint.Finding.Kind;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.Rule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Looks at what a registry would hold, and runs nothing. */
public final class Lint {
    private Lint() {}

    /**
     * What has no effect, by key and kind.
     *
     * @param entries all of a registry
     * @param ceiling what gateways let one call take
     */
    public static List<Finding> findings(
            Collection<? extends RegistryEntry> entries, Limits ceiling) {
        List<Finding> findings = new ArrayList<>();
        for (Holding holding : Holding.all(entries).values()) {
            findings.addAll(tenant(holding));
            findings.addAll(new GrantLint(holding).findings());
            findings.addAll(new LimitLint(holding, ceiling).findings());
            findings.addAll(new RuleLint(holding).findings());
        }
        findings.sort(Comparator.comparing(Finding::key).thenComparing(Finding::kind));
        return findings;
    }

    private static List<Finding> tenant(Holding holding) {
        if (holding.tenant() == null) {
            return Stream.of(
                            holding.databases().values().stream().map(Database::key),
                            holding.grants().stream().map(Grant::key),
                            holding.rules().stream().map(Rule::key))
                    .flatMap(keys -> keys)
                    .map(key ->
                            new Finding(
                                    Kind.TENANT_UNKNOWN,
                                    key,
                                    "the registry does not name its tenant"))
                    .toList();
        }
        return holding.tenant().issuers().isEmpty()
                ? List.of(
                        new Finding(
                                Kind.TENANT_WITHOUT_ISSUER,
                                holding.tenant().key(),
                                "it trusts no issuer, so no token leads to it"))
                : List.of();
    }
}
