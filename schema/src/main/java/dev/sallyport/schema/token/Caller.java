package dev.sallyport.schema.token;

import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Scope;
import java.net.URI;
import java.time.Instant;
import java.util.Set;

/**
 * Whom a verified access token stands for.
 *
 * @param tenant by the issuer, and its claims where the issuer serves several tenants; never by a
 *     parameter
 * @param subject the token's {@code sub}
 * @param client the OAuth client: {@code client_id}, else {@code azp}, else the subject
 * @param scopes those of the token's scopes that are ours
 */
public record Caller(
        TenantId tenant,
        String subject,
        String client,
        Set<Scope> scopes,
        URI issuer,
        Instant expires) {
    public Caller {
        scopes = Set.copyOf(scopes);
    }
}
