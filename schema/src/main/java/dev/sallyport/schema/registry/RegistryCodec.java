package dev.sallyport.schema.registry;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.json.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** Registry entries as JSON; the kind stands in the record key. */
public final class RegistryCodec {
    private RegistryCodec() {}

    public static byte[] encode(RegistryEntry entry) {
        return Json.mapper().writeValueAsBytes(entry);
    }

    /**
     * The entry, or null where the key is of a kind that this version does not know.
     *
     * @throws SchemaException {@code registry_malformed} if the value does not fit its key
     */
    public static @Nullable RegistryEntry decode(String key, byte[] value) {
        Class<? extends RegistryEntry> kind = kindOf(key);
        if (kind == null) {
            return null;
        }
        RegistryEntry entry;
        try {
            entry = Json.mapper().readValue(value, kind);
        } catch (JacksonException e) {
            throw new SchemaException(
                    "registry_malformed",
                    "the registry entry " + key + " is not a " + kind.getSimpleName(),
                    e);
        }
        if (entry == null) {
            throw new SchemaException(
                    "registry_malformed", "the registry entry " + key + " is null");
        }
        if (!entry.key().equals(key)) {
            throw new SchemaException(
                    "registry_malformed",
                    "the registry entry " + key + " says that it is " + entry.key());
        }
        return entry;
    }

    private static @Nullable Class<? extends RegistryEntry> kindOf(String key) {
        int slash = key.indexOf('/');
        return switch (slash < 0 ? key : key.substring(0, slash)) {
            case "tenant" -> Tenant.class;
            case "database" -> Database.class;
            case "grant" -> Grant.class;
            case "key" -> GatewayKey.class;
            case "datakey" -> DataKeyEntry.class;
            case "suspension" -> Suspension.class;
            default -> null;
        };
    }
}
