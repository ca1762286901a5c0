package dev.sallyport.gateway.limit;

import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Window;

/**
 * What is counted together, in each window anew.
 *
 * @param allowance which limit of the tenant: {@code budget/} and its name, or a rate
 * @param holder whose calls are counted: a subject, or an address and a client
 */
public record AccountKey(TenantId tenant, String allowance, Window window, String holder) {}
