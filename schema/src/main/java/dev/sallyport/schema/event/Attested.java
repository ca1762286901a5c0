package dev.sallyport.schema.event;

import org.jspecify.annotations.Nullable;

/**
 * The context as the database itself reports it from within the call's transaction.
 *
 * @param role the database role that ran the statement
 * @param rowSecurity whether row-level security was in force for it
 * @param tenant the tenant that the sealed context named; absent where the database has none
 */
public record Attested(String role, boolean rowSecurity, @Nullable String tenant) {}
