package dev.sallyport.gateway.tool;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A call's arguments as its tool takes them: null counts as absent, and members that the tool does
 * not have are left out, since agents' frameworks add their own.
 *
 * @param taken what the tool takes of them
 * @param ignored names of what was left out, some of them and shortened where there are many
 * @param restraint a name that was left out though it asks the tool to do less than it would; a
 *     call that may change something is refused rather than done in full
 */
public record Arguments(ObjectNode taken, List<String> ignored, Optional<String> restraint) {

    private static final int IGNORED_MAX = 10;
    private static final int NAME_CHARS_MAX = 40;
    private static final Pattern RESTRAINT =
            Pattern.compile("dry|readonly|preview|rollback|explain|validate|simulate|confirm|test");

    public Arguments {
        ignored = List.copyOf(ignored);
    }

    static Arguments of(ObjectNode given, Set<String> known) {
        if (fits(given, known)) {
            return new Arguments(given, List.of(), Optional.empty());
        }
        ObjectNode taken = JsonNodeFactory.instance.objectNode();
        List<String> ignored = new ArrayList<>();
        Optional<String> restraint = Optional.empty();
        for (Map.Entry<String, JsonNode> member : given.properties()) {
            String name = member.getKey();
            if (known.contains(name)) {
                // null must not have the change made in earnest: the schema refuses it
                if (!member.getValue().isNull()
                        || name.equals(Tool.DRY_RUN)
                        || name.equals(Tool.APPROVAL)) {
                    taken.set(name, member.getValue());
                }
                continue;
            }
            if (restraint.isEmpty() && asksForLess(name)) {
                restraint = Optional.of(shown(name));
            }
            if (ignored.size() < IGNORED_MAX) {
                ignored.add(shown(name));
            }
        }
        return new Arguments(taken, ignored, restraint);
    }

    private static boolean fits(ObjectNode given, Set<String> known) {
        for (Map.Entry<String, JsonNode> member : given.properties()) {
            if (member.getValue().isNull() || !known.contains(member.getKey())) {
                return false;
            }
        }
        return true;
    }

    private static boolean asksForLess(String name) {
        return RESTRAINT
                .matcher(name.toLowerCase(Locale.ROOT).replace("_", "").replace("-", ""))
                .find();
    }

    private static String shown(String name) {
        return name.length() <= NAME_CHARS_MAX ? name : name.substring(0, NAME_CHARS_MAX) + "...";
    }
}
