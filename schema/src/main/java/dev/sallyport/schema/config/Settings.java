package dev.sallyport.schema.config;

import dev.sallyport.schema.json.Json;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Reads a service's configuration into its record. A key is the path of record components, such as
 * {@code kafka.bootstrapServers}. Its value comes from the environment variable {@code
 * SALLYPORT_<SERVICE>_KAFKA_BOOTSTRAP_SERVERS}, else from the YAML file, else from the component's
 * {@link Default}. A key that the record does not have, a value of the wrong type, and a missing
 * value stop the service; an environment variable with the service's prefix that names no key does
 * too, since it is most likely a misspelling.
 */
public final class Settings {
    private static final ObjectMapper YAML = YAMLMapper.builder().build();

    private Settings() {}

    /**
     * One configuration key.
     *
     * @param path as in the file, such as {@code kafka.bootstrapServers}
     * @param variable the environment variable
     * @param defaultValue as YAML; null where a value must be given or may be absent
     */
    public record Key(
            String path,
            String variable,
            String type,
            @Nullable String defaultValue,
            @Nullable String example) {}

    /**
     * The configuration.
     *
     * @param service the service's name in environment variables, such as {@code gateway}
     * @param file the YAML file, or null for none
     * @throws SettingsException naming the key
     */
    public static <R extends Record> R load(
            Class<R> kind, String service, @Nullable Path file, Map<String, String> environment) {
        ObjectNode tree = file == null ? YAML.createObjectNode() : parse(file);
        Map<String, Key> keys =
                keys(kind, service).stream().collect(Collectors.toMap(Key::variable, key -> key));
        applyDefaults(kind, tree);
        applyEnvironment(tree, keys, prefix(service), environment);
        return bind(kind, tree, keys);
    }

    /** Every key of the record, in its order. */
    public static List<Key> keys(Class<? extends Record> kind, String service) {
        List<Key> keys = new ArrayList<>();
        collect(kind, "", prefix(service), keys);
        return keys;
    }

    private static String prefix(String service) {
        return "SALLYPORT_" + service.toUpperCase(Locale.ROOT).replace('-', '_') + "_";
    }

    private static void collect(Class<?> kind, String path, String prefix, List<Key> keys) {
        for (RecordComponent component : kind.getRecordComponents()) {
            String key = path + component.getName();
            if (isSection(component)) {
                collect(component.getType(), key + ".", prefix, keys);
            } else {
                keys.add(
                        new Key(
                                key,
                                prefix + upperSnake(key),
                                component.getType().getSimpleName(),
                                defaultOf(component),
                                exampleOf(component)));
            }
        }
    }

    /** A record that is written as an object, not as one text. */
    private static boolean isSection(RecordComponent component) {
        Class<?> type = component.getType();
        if (!type.isRecord()) {
            return false;
        }
        for (RecordComponent inner : type.getRecordComponents()) {
            if (inner.getAccessor()
                    .isAnnotationPresent(com.fasterxml.jackson.annotation.JsonValue.class)) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable String defaultOf(RecordComponent component) {
        Default annotation = component.getAnnotation(Default.class);
        return annotation == null ? null : annotation.value();
    }

    private static @Nullable String exampleOf(RecordComponent component) {
        Example annotation = component.getAnnotation(Example.class);
        return annotation == null ? null : annotation.value();
    }

    private static String upperSnake(String key) {
        return key.replace(".", "_")
                .replaceAll("([a-z0-9])([A-Z])", "$1_$2")
                .toUpperCase(Locale.ROOT);
    }

    private static ObjectNode parse(Path file) {
        JsonNode tree;
        try {
            tree = YAML.readTree(Files.readString(file));
        } catch (IOException e) {
            throw new SettingsException(
                    "the configuration file "
                            + file
                            + " cannot be read: "
                            + e.getClass().getSimpleName(),
                    e);
        } catch (JacksonException e) {
            // the parser's message quotes the file, which may hold a secret
            throw new SettingsException(
                    "the configuration file "
                            + file
                            + " is not YAML, at line "
                            + e.getLocation().getLineNr(),
                    null);
        }
        if (tree.isMissingNode() || tree.isNull()) {
            return YAML.createObjectNode();
        }
        if (tree instanceof ObjectNode object) {
            return object;
        }
        throw new SettingsException(
                "the configuration file "
                        + file
                        + " must hold keys with values, such as port: 8080",
                null);
    }

    private static void applyDefaults(Class<?> kind, ObjectNode tree) {
        for (RecordComponent component : kind.getRecordComponents()) {
            String name = component.getName();
            JsonNode given = tree.get(name);
            if (isSection(component)) {
                if (given == null || given.isNull()) {
                    tree.set(name, YAML.createObjectNode());
                }
                if (tree.get(name) instanceof ObjectNode section) {
                    applyDefaults(component.getType(), section);
                }
            } else if (given == null || given.isNull()) {
                String defaultValue = defaultOf(component);
                if (defaultValue != null) {
                    tree.set(name, YAML.readTree(defaultValue));
                }
            }
        }
    }

    private static void applyEnvironment(
            ObjectNode tree,
            Map<String, Key> keys,
            String prefix,
            Map<String, String> environment) {
        new TreeMap<>(environment)
                .forEach((variable, value) -> {
                    if (variable.startsWith(prefix)) {
                        Key key = keys.get(variable);
                        if (key == null) {
                            throw new SettingsException(
                                    "the environment variable "
                                            + variable
                                            + " names no configuration key; there are "
                                            + known(keys),
                                    null);
                        }
                        set(tree, key, value);
                    }
                });
    }

    private static String known(Map<String, Key> keys) {
        return keys.keySet().stream()
                .sorted(Comparator.naturalOrder())
                .collect(Collectors.joining(", "));
    }

    private static void set(ObjectNode tree, Key key, String value) {
        ObjectNode at = tree;
        String[] names = key.path().split("\\.", -1);
        for (int i = 0; i < names.length - 1; i++) {
            if (!(at.get(names[i]) instanceof ObjectNode)) {
                at.set(names[i], YAML.createObjectNode());
            }
            at = (ObjectNode) at.get(names[i]);
        }
        at.set(names[names.length - 1], valueOf(key, value));
    }

    /**
     * Text stays text; everything else is read as YAML, so that lists and maps can be given too.
     */
    private static JsonNode valueOf(Key key, String value) {
        if (key.type().equals("String")) {
            return YAML.getNodeFactory().stringNode(value);
        }
        try {
            return YAML.readTree(value);
        } catch (JacksonException e) {
            throw new SettingsException(
                    "the environment variable "
                            + key.variable()
                            + " is not a YAML value"
                            + example(key),
                    null);
        }
    }

    private static <R extends Record> R bind(
            Class<R> kind, ObjectNode tree, Map<String, Key> keys) {
        requireGiven(kind, tree, "", keys);
        try {
            return Json.mapper()
                    .readerFor(kind)
                    .with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .with(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .readValue(tree);
        } catch (UnrecognizedPropertyException e) {
            throw new SettingsException(
                    "there is no configuration key "
                            + path(e)
                            + "; there are "
                            + keys.values().stream()
                                    .map(Key::path)
                                    .sorted()
                                    .collect(Collectors.joining(", ")),
                    null);
        } catch (DatabindException e) {
            String path = path(e);
            String why =
                    e.getCause() instanceof IllegalArgumentException cause
                            ? ": " + cause.getMessage()
                            : "";
            throw new SettingsException(
                    "the configuration key "
                            + (path.isEmpty() ? "(top level)" : path)
                            + " does not have a value of the right form"
                            + why
                            + exampleOf(keys, path),
                    null);
        }
    }

    private static void requireGiven(
            Class<?> kind, ObjectNode tree, String path, Map<String, Key> keys) {
        for (RecordComponent component : kind.getRecordComponents()) {
            String key = path + component.getName();
            JsonNode given = tree.get(component.getName());
            if (isSection(component)) {
                if (!(given instanceof ObjectNode section)) {
                    throw new SettingsException(
                            "the configuration key "
                                    + key
                                    + " must be a section with keys of its own",
                            null);
                }
                requireGiven(component.getType(), section, key + ".", keys);
            } else if ((given == null || given.isNull()) && !isOptional(component)) {
                throw new SettingsException(
                        "the configuration key " + key + " is missing" + exampleOf(keys, key),
                        null);
            }
        }
    }

    private static boolean isOptional(RecordComponent component) {
        return component.getAnnotatedType().isAnnotationPresent(Nullable.class);
    }

    private static String path(DatabindException e) {
        return e.getPath().stream()
                .map(reference ->
                        reference.getPropertyName() == null
                                ? "[" + reference.getIndex() + "]"
                                : reference.getPropertyName())
                .collect(Collectors.joining("."))
                .replace(".[", "[");
    }

    private static String exampleOf(Map<String, Key> keys, String path) {
        return keys.values().stream()
                .filter(key -> key.path().equals(path))
                .findFirst()
                .map(Settings::example)
                .orElse("");
    }

    private static String example(Key key) {
        String example = key.example() != null ? key.example() : key.defaultValue();
        String form = example == null ? "" : ": write " + key.path() + ": " + example;
        return form + " (or set " + key.variable() + ")";
    }
}
