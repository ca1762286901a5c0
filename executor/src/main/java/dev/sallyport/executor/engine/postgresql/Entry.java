package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Access;
import dev.sallyport.executor.engine.Caller;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;

/** A caller and what its transaction may do: what the database seals into the context. */
public record Entry(Caller caller, Access access) {
    public Entry(TenantId tenant, String subject, CallId call, Access access) {
        this(new Caller(tenant, subject, call), access);
    }

    TenantId tenant() {
        return caller.tenant();
    }

    String subject() {
        return caller.subject();
    }

    CallId call() {
        return caller.call();
    }
}
