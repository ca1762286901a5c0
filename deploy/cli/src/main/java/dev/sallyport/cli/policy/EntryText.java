package dev.sallyport.cli.policy;

import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.DataKeyEntry;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.RegistryCodec;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistrySnapshot.Stored;
import dev.sallyport.schema.registry.Rule;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.registry.Tenant;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** Entries as people read them: always in the same order, and without what could be a secret. */
public final class EntryText {
    private static final JsonMapper JSON =
            Json.mapper().rebuild().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

    private static final YAMLMapper YAML =
            YAMLMapper.builder()
                    .disable(YAMLWriteFeature.SPLIT_LINES)
                    .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                    .build();

    /** Parameters of a connection whose values are shown: none of them could be a secret. */
    private static final Set<String> SHOWN_PARAMETERS =
            Set.of(
                    "sslmode",
                    "ssl",
                    "sslrootcert",
                    "channelBinding",
                    "gssEncMode",
                    "targetServerType",
                    "loadBalanceHosts",
                    "connectTimeout",
                    "socketTimeout",
                    "currentSchema",
                    "ApplicationName");

    private EntryText() {}

    /** The entries as a file that {@code apply} takes. */
    public static String file(Collection<RegistryEntry> entries) {
        Map<String, JsonNode> byKey = new LinkedHashMap<>();
        for (RegistryEntry entry : entries) {
            ObjectNode members = tree(entry);
            RegistryCodec.identity(entry.key()).forEach(members::remove);
            byKey.put(entry.key(), members);
        }
        return YAML.writeValueAsString(byKey);
    }

    /** The key, which somebody may have written to the topic who writes anything. */
    public static String key(Stored stored) {
        return Shown.text(stored.key());
    }

    /** What the entry is about, in a line. */
    public static String summary(Stored stored) {
        RegistryEntry entry = Difference.wholeOrNull(stored);
        return Shown.text(
                switch (entry) {
                    case null -> "cannot be read whole by this version";
                    case Tenant tenant ->
                            "%s, in cell %s, %d issuers%s"
                                    .formatted(
                                            tenant.name(),
                                            tenant.cell(),
                                            tenant.issuers().size(),
                                            tenant.readOnly() ? ", read-only" : "");
                    case Database database ->
                            "%s%s"
                                    .formatted(
                                            withoutParameters(database.jdbcUrl()),
                                            database.readOnly() ? ", read-only" : "");
                    case Grant grant ->
                            "%s may %s in %s"
                                    .formatted(
                                            words(grant.subjects()),
                                            words(
                                                    grant.scopes().stream()
                                                            .map(Scope::wire)
                                                            .toList()),
                                            words(
                                                    grant.databases().stream()
                                                            .map(DatabaseName::value)
                                                            .toList()));
                    case Rule rule ->
                            "%s%s%s"
                                    .formatted(
                                            switch (rule.approval().by()) {
                                                case NONE -> "nobody has to approve";
                                                case CONFIRM -> "the caller has to confirm";
                                                case ANOTHER -> "another person has to approve";
                                                case NOBODY -> "refuses";
                                            },
                                            rule.when().equals(Rule.When.ANY)
                                                    ? " any change"
                                                    : " some calls",
                                            rule.cooldownSeconds() == null
                                                    ? ""
                                                    : ", the next one waits %d seconds"
                                                            .formatted(rule.cooldownSeconds()));
                    case GatewayKey key ->
                            key.isFor(KeyPurpose.COMMANDS)
                                    ? "a gateway's public key"
                                    : "the public key of the audit service, for approvals";
                    case DataKeyEntry _ -> "a data key";
                    case Suspension suspension ->
                            "since %s: %s".formatted(suspension.since(), suspension.reason());
                });
    }

    private static String words(Collection<String> names) {
        return String.join(", ", names.stream().sorted().toList());
    }

    /** Prints the entry with all its members but secrets. */
    public static void describe(Stored stored, PrintWriter out) {
        RegistryEntry entry = Difference.wholeOrNull(stored);
        out.println(key(stored));
        out.println("    version: " + stored.version());
        if (entry == null) {
            out.println("    cannot be read whole by this version");
        } else {
            members(entry)
                    .forEach((path, value) ->
                            out.println(
                                    "    "
                                            + Shown.text(path)
                                            + ": "
                                            + Shown.text(String.valueOf(value))));
        }
        out.flush();
    }

    /** The entry's members by their paths, such as {@code limits.rowsMax}. */
    static Map<String, Object> members(RegistryEntry entry) {
        Map<String, Object> members = new LinkedHashMap<>();
        ObjectNode tree = tree(entry);
        RegistryCodec.identity(entry.key()).forEach(tree::remove);
        if (entry instanceof DataKeyEntry) {
            tree.removeAll();
        }
        flatten("", tree, members);
        return members;
    }

    private static ObjectNode tree(RegistryEntry entry) {
        ObjectNode tree = JSON.valueToTree(entry);
        sortSets(tree);
        return tree;
    }

    /** What an entry lists as text is a set, which has no order of its own. */
    private static void sortSets(JsonNode node) {
        if (node instanceof ArrayNode list && isSet(list)) {
            List<String> sorted = list.valueStream().map(JsonNode::stringValue).sorted().toList();
            list.removeAll();
            sorted.forEach(list::add);
        } else {
            node.forEach(EntryText::sortSets);
        }
    }

    private static boolean isSet(ArrayNode list) {
        return list.valueStream().allMatch(JsonNode::isString);
    }

    private static void flatten(String path, JsonNode node, Map<String, Object> members) {
        switch (node) {
            case ObjectNode object ->
                    object.properties()
                            .forEach(member ->
                                    flatten(
                                            path.isEmpty()
                                                    ? member.getKey()
                                                    : path + "." + member.getKey(),
                                            member.getValue(),
                                            members));
            case ArrayNode list when isSet(list) ->
                    members.put(
                            path,
                            list.valueStream()
                                    .map(JsonNode::stringValue)
                                    .collect(Collectors.toList()));
            case ArrayNode list -> {
                for (int i = 0; i < list.size(); i++) {
                    JsonNode name = list.get(i).get("name");
                    flatten(
                            path + "[" + (name == null ? i : name.asString()) + "]",
                            list.get(i),
                            members);
                }
            }
            default ->
                    members.put(
                            path,
                            node.isString()
                                    ? quoted(path, node.stringValue())
                                    : String.valueOf(node));
        }
    }

    private static String quoted(String path, String value) {
        return '"' + Shown.text(path.equals("jdbcUrl") ? withoutParameters(value) : value) + '"';
    }

    /** The URL of a database with the values of unusual parameters left out. */
    public static String withoutParameters(String jdbcUrl) {
        int query = jdbcUrl.indexOf('?');
        if (query < 0) {
            return jdbcUrl;
        }
        List<String> parameters = new ArrayList<>();
        for (String parameter : jdbcUrl.substring(query + 1).split("&", -1)) {
            int equals = parameter.indexOf('=');
            String name = equals < 0 ? parameter : parameter.substring(0, equals);
            parameters.add(
                    equals < 0 || SHOWN_PARAMETERS.contains(name) ? parameter : name + "=***");
        }
        return jdbcUrl.substring(0, query + 1) + String.join("&", parameters);
    }
}
