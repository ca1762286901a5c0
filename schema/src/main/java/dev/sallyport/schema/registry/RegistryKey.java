package dev.sallyport.schema.registry;

import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;

/** Whose an entry is, as its key tells. */
sealed interface RegistryKey {
    record OfTenant(TenantId tenant) implements RegistryKey {}

    record OfGateway(GatewayId gateway) implements RegistryKey {}

    /** No entry could have this key. */
    record OfNobody() implements RegistryKey {}

    /** Reads a key such as {@code database/acme/shop}; the second part names whose it is. */
    static RegistryKey of(String key) {
        int first = key.indexOf('/');
        if (first < 0) {
            return new OfNobody();
        }
        int second = key.indexOf('/', first + 1);
        String whose = key.substring(first + 1, second < 0 ? key.length() : second);
        try {
            return key.startsWith("key/")
                    ? new OfGateway(new GatewayId(whose))
                    : new OfTenant(new TenantId(whose));
        } catch (IllegalArgumentException e) {
            return new OfNobody();
        }
    }

    /** The tenant that an entry with this key is for; the platform where it is for none. */
    static TenantId tenantOf(String key) {
        return of(key) instanceof OfTenant(var tenant) ? tenant : TenantId.PLATFORM;
    }
}
