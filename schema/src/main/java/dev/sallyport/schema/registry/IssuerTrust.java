package dev.sallyport.schema.registry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which tenants trust one issuer, found by the claims that tell them apart and not by asking each
 * of them. Immutable; a version of the registry shares it with the one before where no tenant that
 * trusts the issuer changed.
 */
public final class IssuerTrust {
    /** An issuer that nobody trusts. */
    public static final IssuerTrust NONE = new IssuerTrust(List.of());

    /** Names of claims, in order, to their values in the same order, to those who want these. */
    private final Map<List<String>, Map<List<String>, List<Trusted>>> byClaims = new HashMap<>();

    private final List<Tenant> tenants;

    /** A tenant, and the entry of the issuer in it. */
    public record Trusted(Tenant tenant, Issuer issuer) {}

    IssuerTrust(List<Trusted> trusted) {
        Map<String, Tenant> byKey = new TreeMap<>();
        for (Trusted one : trusted) {
            byKey.put(one.tenant().key(), one.tenant());
            var claims = new TreeMap<>(one.issuer().claims());
            byClaims.computeIfAbsent(List.copyOf(claims.keySet()), _ -> new HashMap<>())
                    .computeIfAbsent(List.copyOf(claims.values()), _ -> new ArrayList<>())
                    .add(one);
        }
        this.tenants = List.copyOf(byKey.values());
    }

    /** The tenants, by id. */
    List<Tenant> tenants() {
        return tenants;
    }

    /**
     * Those whom a token of the issuer leads to: each tenant once, where the token has all claims
     * that one of its entries wants.
     *
     * @param claim gives the token's claim of that name, null where it has no such text
     */
    public List<Trusted> of(Function<String, @Nullable String> claim) {
        Map<String, Trusted> found = new LinkedHashMap<>();
        byClaims.forEach((names, byValues) -> {
            List<String> values = new ArrayList<>(names.size());
            for (String name : names) {
                String value = claim.apply(name);
                if (value == null) {
                    return;
                }
                values.add(value);
            }
            byValues.getOrDefault(values, List.of())
                    .forEach(one -> found.merge(one.tenant().key(), one, IssuerTrust::first));
        });
        return List.copyOf(found.values());
    }

    /** Of two entries of one tenant that fit, the one that stands first in it. */
    private static Trusted first(Trusted a, Trusted b) {
        List<Issuer> order = a.tenant().issuers();
        return order.indexOf(a.issuer()) <= order.indexOf(b.issuer()) ? a : b;
    }
}
