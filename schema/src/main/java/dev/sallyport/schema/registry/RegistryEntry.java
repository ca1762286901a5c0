package dev.sallyport.schema.registry;

/** One entry of the registry; its key is the record key on the compacted topic. */
public sealed interface RegistryEntry
        permits Tenant, Database, Grant, Rule, GatewayKey, DataKeyEntry, Suspension {
    /** The record key, such as {@code database/acme/shop}. */
    String key();
}
