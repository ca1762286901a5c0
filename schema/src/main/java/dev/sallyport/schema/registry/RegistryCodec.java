package dev.sallyport.schema.registry;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.json.Json;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.node.ObjectNode;

/** Registry entries as JSON; the kind stands in the record key. */
public final class RegistryCodec {
    private static final List<String> FORMS =
            List.of(
                    "tenant/ID",
                    "database/TENANT/NAME",
                    "grant/TENANT/NAME",
                    "rule/TENANT/NAME",
                    "key/GATEWAY");

    private static final ObjectReader FROM_PERSON =
            Json.mapper()
                    .rebuild()
                    .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                    .build()
                    .reader()
                    .with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .without(DeserializationFeature.ACCEPT_FLOAT_AS_INT);

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
        ObjectReader reader = Json.mapper().readerFor(kind);
        return decode(
                key,
                value,
                kind,
                // a word that is not known could say that more is held, or longer
                kind == Rule.class
                        ? reader.with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                                .without(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                        : reader);
    }

    /**
     * The entry, for somebody who will write it again: no member may be unknown, for it would be
     * lost.
     *
     * @throws SchemaException {@code registry_malformed}
     */
    static RegistryEntry decodeWhole(String key, byte[] value) {
        Class<? extends RegistryEntry> kind = kindOf(key);
        if (kind == null) {
            throw new SchemaException(
                    "registry_malformed",
                    "the registry entry " + key + " is of a kind that is not known here");
        }
        return decode(
                key,
                value,
                kind,
                Json.mapper()
                        .readerFor(kind)
                        .with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES));
    }

    private static RegistryEntry decode(
            String key, byte[] value, Class<? extends RegistryEntry> kind, ObjectReader reader) {
        RegistryEntry entry;
        try {
            entry = reader.readValue(value);
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
     * An entry that a person wrote: no member may be unknown, missing or of another type, so that a
     * misspelt one opens nothing. What its key says already ({@code tenant}, {@code name}, ...) may
     * be left out.
     *
     * @throws RegistryEntryException {@code registry_malformed}, with the member and what would be
     *     right
     */
    public static RegistryEntry fromPerson(String key, JsonNode value) {
        Class<? extends RegistryEntry> kind = kindOf(key);
        if (kind == null) {
            throw wrong(key, "no entry has such a key; there are " + String.join(", ", FORMS));
        }
        if (kind == Suspension.class) {
            throw wrong(key, "the monitor suspends, and sallyport reinstate ends it");
        }
        if (kind == DataKeyEntry.class) {
            throw wrong(
                    key, "an older data key in the place of this one would lose what it sealed");
        }
        if (!(value instanceof ObjectNode written)) {
            throw wrong(key, "an entry must be members and their values");
        }
        ObjectNode whole = withIdentity(key, written);
        List<String> members =
                Stream.of(kind.getRecordComponents()).map(RecordComponent::getName).toList();
        for (String name : whole.propertyNames()) {
            if (!members.contains(name)) {
                throw new RegistryEntryException(
                        key, List.of(name), "there is no such member; there are " + members, null);
            }
        }
        for (RecordComponent component : kind.getRecordComponents()) {
            if (!whole.hasNonNull(component.getName())
                    && !component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                throw wrong(key, component.getName() + " is missing");
            }
        }
        try {
            RegistryEntry entry = FROM_PERSON.forType(kind).readValue(whole);
            if (!entry.key().equals(key)) {
                throw wrong(key, "it says that it is " + entry.key());
            }
            refuseMissing(key, List.of(), whole, Json.mapper().valueToTree(entry));
            return entry;
        } catch (JacksonException e) {
            throw new RegistryEntryException(key, path(e), why(e), e);
        }
    }

    /** The members that an entry's key says, in the order in which it says them. */
    public static List<String> identity(String key) {
        return switch (kindName(key)) {
            case "tenant" -> List.of("id");
            case "database", "grant", "rule" -> List.of("tenant", "name");
            case "key" -> List.of("gateway");
            default -> List.of();
        };
    }

    private static ObjectNode withIdentity(String key, ObjectNode written) {
        List<String> names = identity(key);
        String[] parts = key.split("/", -1);
        if (parts.length != names.size() + 1) {
            throw wrong(key, "no entry has such a key; there are " + String.join(", ", FORMS));
        }
        ObjectNode whole = Json.mapper().createObjectNode();
        for (int i = 0; i < names.size(); i++) {
            whole.put(names.get(i), parts[i + 1]);
        }
        whole.setAll(written);
        return whole;
    }

    private static RegistryEntryException wrong(String key, String what) {
        return new RegistryEntryException(key, List.of(), what, null);
    }

    /** What the entry has and nobody wrote came from nothing, such as false for a flag. */
    private static void refuseMissing(
            String key, List<String> path, JsonNode written, JsonNode entry) {
        for (Map.Entry<String, JsonNode> member : entry.properties()) {
            String name = member.getKey();
            JsonNode value = member.getValue();
            JsonNode there = written.get(name);
            if (there == null && !(value.isContainer() && value.isEmpty())) {
                throw new RegistryEntryException(key, path, name + " is missing", null);
            }
            if (there != null && value.isObject()) {
                refuseMissing(key, with(path, name), there, value);
            }
        }
    }

    private static List<String> with(List<String> path, String name) {
        List<String> longer = new ArrayList<>(path);
        longer.add(name);
        return longer;
    }

    /** What was wrong; our own records' words where it was they who refused. */
    private static String why(JacksonException e) {
        return switch (e) {
            case UnrecognizedPropertyException unknown ->
                    "there is no member %s; there are %s"
                            .formatted(
                                    unknown.getPropertyName(),
                                    Objects.requireNonNullElse(
                                                    unknown.getKnownPropertyIds(), List.of())
                                            .stream()
                                            .map(String::valueOf)
                                            .sorted()
                                            .collect(Collectors.joining(", ")));
            // not Jackson's words, which repeat the value: it may be a secret
            case MismatchedInputException mismatched
                    when !(e.getCause() instanceof IllegalArgumentException) ->
                    "must be " + type(mismatched.getTargetType());
            default ->
                    e.getCause() instanceof IllegalArgumentException cause
                            ? String.valueOf(cause.getMessage())
                            : "cannot be read";
        };
    }

    private static String type(@Nullable Class<?> type) {
        if (type == null) {
            return "something else";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type == int.class
                || type == Integer.class
                || type == long.class
                || type == Long.class) {
            return "a whole number";
        }
        if (Collection.class.isAssignableFrom(type)) {
            return "a list";
        }
        return type == String.class
                        || type.isEnum()
                        || (!type.isRecord() && !Map.class.isAssignableFrom(type))
                ? "text"
                : "members and their values, or text where it is a name";
    }

    private static List<String> path(JacksonException e) {
        return e.getPath().stream()
                .map(step ->
                        step.getPropertyName() == null
                                ? String.valueOf(step.getIndex())
                                : step.getPropertyName())
                .toList();
    }

    private static @Nullable Class<? extends RegistryEntry> kindOf(String key) {
        return switch (kindName(key)) {
            case "tenant" -> Tenant.class;
            case "database" -> Database.class;
            case "grant" -> Grant.class;
            case "rule" -> Rule.class;
            case "key" -> GatewayKey.class;
            case "datakey" -> DataKeyEntry.class;
            case "suspension" -> Suspension.class;
            default -> null;
        };
    }

    private static String kindName(String key) {
        int slash = key.indexOf('/');
        return slash < 0 ? key : key.substring(0, slash);
    }
}
