package dev.sallyport.cli.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.JsonSchema;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A YAML document as JSON, with the line of each part. Of YAML it takes what JSON can say: no
 * anchors, aliases, tags, merges, empty values or fractions, no member twice, and no characters
 * that a terminal does not show.
 *
 * @param value the document
 * @param lines the line of each value, by its JSON Pointer (RFC 6901)
 */
record PlacedYaml(JsonNode value, Map<String, Integer> lines) {
    /** Characters of one file. */
    static final int CHARS_MAX = 1_048_576;

    /** How deep lists and members may nest. */
    private static final int DEPTH_MAX = 20;

    private static final int VALUE_CHARS_MAX = 10_000;
    private static final int SHOWN_CHARS_MAX = 60;
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /**
     * Reads all documents of a text; empty ones are left out.
     *
     * @param file how messages name it
     * @throws PolicyException {@code policy_malformed}, with file and line
     */
    static List<PlacedYaml> read(String file, String text) {
        LoadSettings settings =
                LoadSettings.builder()
                        .setLabel(file)
                        .setCodePointLimit(CHARS_MAX)
                        .setSchema(new JsonSchema())
                        .build();
        try {
            new Parse(settings).parseString(text).forEach(new Allowed(file)::see);
            List<PlacedYaml> documents = new ArrayList<>();
            for (Node node : new Compose(settings).composeAllFromString(text)) {
                if (!node.getTag().equals(Tag.NULL)) {
                    Placing placing = new Placing(file, new HashMap<>());
                    documents.add(new PlacedYaml(placing.json(node, ""), placing.lines()));
                }
            }
            return documents;
        } catch (MarkedYamlEngineException e) {
            throw wrong(file, e.getProblemMark(), String.valueOf(e.getProblem()));
        } catch (YamlEngineException e) {
            throw new PolicyException("policy_malformed", file + " is no YAML", e);
        }
    }

    /** The line of that path, or of the nearest part around it that is there. */
    int line(String path) {
        String there = path;
        while (!lines.containsKey(there) && !there.isEmpty()) {
            there = there.substring(0, there.lastIndexOf('/'));
        }
        return lines.getOrDefault(there, 1);
    }

    /** A member's name or an index, as a JSON Pointer has it after a slash. */
    static String step(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }

    private static PolicyException wrong(String file, Optional<Mark> mark, String what) {
        String line = mark.map(place -> ":" + (place.getLine() + 1)).orElse("");
        return new PolicyException("policy_malformed", file + line + ": " + what);
    }

    /** Looks at the text's events before anything is built of them, which nesting could exhaust. */
    private static final class Allowed {
        private final String file;
        private int depth;

        Allowed(String file) {
            this.file = file;
        }

        void see(Event event) {
            switch (event) {
                case AliasEvent _ -> throw refused(event, "aliases (*) are not taken");
                case CollectionStartEvent start -> {
                    if (start.getTag().isPresent()) {
                        throw refused(event, "tags (!) are not taken");
                    }
                    depth++;
                    if (depth > DEPTH_MAX) {
                        throw refused(event, "more than %d levels".formatted(DEPTH_MAX));
                    }
                }
                case CollectionEndEvent _ -> depth--;
                case ScalarEvent scalar -> {
                    if (scalar.getTag().isPresent()) {
                        throw refused(event, "tags (!) are not taken");
                    }
                }
                default -> {}
            }
            if (event instanceof NodeEvent node && node.getAnchor().isPresent()) {
                throw refused(event, "anchors (&) are not taken");
            }
        }

        private PolicyException refused(Event event, String what) {
            return wrong(file, event.getStartMark(), what);
        }
    }

    /** Builds the JSON of one document and notes where each part stands. */
    private record Placing(String file, Map<String, Integer> lines) {
        JsonNode json(Node node, String path) {
            node.getStartMark().ifPresent(mark -> lines.putIfAbsent(path, mark.getLine() + 1));
            return switch (node) {
                case MappingNode mapping -> members(mapping, path);
                case SequenceNode sequence -> {
                    ArrayNode list = JSON.arrayNode();
                    for (Node element : sequence.getValue()) {
                        list.add(json(element, path + "/" + list.size()));
                    }
                    yield list;
                }
                case ScalarNode scalar -> scalar(scalar, path);
                default -> throw wrong(file, node.getStartMark(), "cannot be read");
            };
        }

        private ObjectNode members(MappingNode mapping, String path) {
            ObjectNode members = JSON.objectNode();
            for (NodeTuple tuple : mapping.getValue()) {
                Node keyNode = tuple.getKeyNode();
                if (!(keyNode instanceof ScalarNode key) || !key.getTag().equals(Tag.STR)) {
                    throw wrong(file, keyNode.getStartMark(), "a member's name must be text");
                }
                String name = shown(key, key.getValue(), "");
                String there = path + "/" + step(name);
                if (members.has(name)) {
                    throw wrong(
                            file,
                            key.getStartMark(),
                            "%s stands here twice, first in line %d"
                                    .formatted(shorter(name), lines.getOrDefault(there, 1)));
                }
                key.getStartMark().ifPresent(mark -> lines.put(there, mark.getLine() + 1));
                members.set(name, json(tuple.getValueNode(), there));
            }
            return members;
        }

        private JsonNode scalar(ScalarNode node, String path) {
            String value = node.getValue();
            Tag tag = node.getTag();
            if (tag.equals(Tag.STR)) {
                return JSON.stringNode(shown(node, value, "\n"));
            }
            if (tag.equals(Tag.BOOL)) {
                return JSON.booleanNode(Boolean.parseBoolean(value));
            }
            if (tag.equals(Tag.INT)) {
                BigInteger number = value.length() > 30 ? null : new BigInteger(value);
                if (number == null || number.bitLength() > 63) {
                    throw wrong(file, node.getStartMark(), name(path) + "the number is too large");
                }
                return JSON.numberNode(number.longValue());
            }
            if (tag.equals(Tag.NULL)) {
                throw wrong(
                        file,
                        node.getStartMark(),
                        name(path)
                                + "there is no value: leave it out, or write \"\" for empty text");
            }
            throw wrong(
                    file,
                    node.getStartMark(),
                    name(path) + "no value has a fraction: write text in quotes");
        }

        private String shown(ScalarNode node, String value, String alsoTaken) {
            if (value.length() > VALUE_CHARS_MAX) {
                throw wrong(
                        file,
                        node.getStartMark(),
                        "longer than %d characters".formatted(VALUE_CHARS_MAX));
            }
            value.codePoints()
                    .filter(c -> !Shown.visible(c) && alsoTaken.indexOf(c) < 0)
                    .findFirst()
                    .ifPresent(c -> {
                        throw wrong(
                                file,
                                node.getStartMark(),
                                "the character U+%04X, which is not shown, is not taken"
                                        .formatted(c));
                    });
            return value;
        }

        private static String shorter(String text) {
            return Shown.text(
                    text.length() > SHOWN_CHARS_MAX
                            ? text.substring(0, SHOWN_CHARS_MAX) + "..."
                            : text);
        }

        private static String name(String path) {
            return path.isEmpty() ? "" : path.substring(path.lastIndexOf('/') + 1) + ": ";
        }
    }
}
