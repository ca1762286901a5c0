package dev.sallyport.schema.registry;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.json.Json;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;

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

    /**
     * An entry that a person wrote: no member may be unknown or missing, so that a misspelt one
     * opens nothing.
     *
     * @throws SchemaException {@code registry_malformed}, with the member and what would be right
     */
    public static RegistryEntry fromPerson(String key, JsonNode value) {
        Class<? extends RegistryEntry> kind = kindOf(key);
        if (kind == null) {
            throw new SchemaException(
                    "registry_malformed",
                    key
                            + " is of no kind that the registry has: tenant/..., database/..., grant/..., key/...");
        }
        try {
            RegistryEntry entry =
                    Json.mapper()
                            .readerFor(kind)
                            .with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                            .readValue(value);
            if (!entry.key().equals(key)) {
                throw new SchemaException(
                        "registry_malformed",
                        "the entry under " + key + " says that it is " + entry.key());
            }
            refuseMissing(key, value, Json.mapper().valueToTree(entry));
            return entry;
        } catch (JacksonException e) {
            throw new SchemaException("registry_malformed", key + ": " + why(e), e);
        }
    }

    /** What the entry has and nobody wrote came from nothing, such as false for a flag. */
    private static void refuseMissing(String where, JsonNode written, JsonNode entry) {
        for (Map.Entry<String, JsonNode> member : entry.properties()) {
            String name = member.getKey();
            JsonNode value = member.getValue();
            JsonNode there = written.get(name);
            if (there == null && !(value.isContainer() && value.isEmpty())) {
                throw new SchemaException(
                        "registry_malformed", where + ": " + name + " is missing");
            }
            if (there != null && value.isObject()) {
                refuseMissing(where + ": " + name, there, value);
            }
        }
    }

    /** Where, and what was wrong there; our own records' words where it was they who refused. */
    private static String why(JacksonException e) {
        Throwable cause = e.getCause();
        String what =
                cause instanceof IllegalArgumentException
                        ? String.valueOf(cause.getMessage())
                        : e.getOriginalMessage();
        String where =
                e.getPath().stream()
                        .map(step ->
                                step.getPropertyName() == null
                                        ? String.valueOf(step.getIndex())
                                        : step.getPropertyName())
                        .collect(Collectors.joining("."));
        return where.isEmpty() ? what : where + ": " + what;
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
