package dev.sallyport.gateway.approval;

import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.token.Caller;

/** Whose a request is: a subject is unique within its issuer. */
public record Requester(TenantId tenant, String issuer, String subject) {
    /** Whom the token stands for. */
    public static Requester of(Caller caller) {
        return new Requester(caller.tenant(), caller.issuer().toString(), caller.subject());
    }
}
