package dev.sallyport.gateway;

import dev.sallyport.schema.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a rehearsal told of a call's effect.
 *
 * @param effect the members of its answer that tell the effect, and none that {@code RETURNING}
 *     adds
 * @param digest the effect's digest
 * @param rowsAffected rows that the statement itself would change
 */
record Rehearsal(ObjectNode effect, String digest, long rowsAffected) {

    private static final String CHANGES = "changes";
    private static final int TABLES_TOLD_MAX = 10;
    private static final int NAME_CHARS_MAX = 130;
    private static final String NOT_SHOWN = "changesNotShown";
    private static final String TABLES = "tables";
    private static final List<String> MEMBERS =
            List.of("rowsAffected", "complete", "effectDigest", TABLES, CHANGES, NOT_SHOWN, "note");

    /** The rehearsal that was answered so; empty where no effect can be read out of it. */
    static Optional<Rehearsal> of(byte[] result) {
        JsonNode told;
        try {
            told = Json.exact().readTree(result);
        } catch (JacksonException e) {
            return Optional.empty();
        }
        String digest = told.path("effectDigest").asString("");
        JsonNode rows = told.path("rowsAffected");
        if (!told.path("rehearsed").asBoolean(false)
                || digest.isEmpty()
                || !rows.isIntegralNumber()) {
            return Optional.empty();
        }
        ObjectNode effect = Json.mapper().createObjectNode();
        for (String member : MEMBERS) {
            if (told.has(member)) {
                effect.set(member, told.get(member));
            }
        }
        return Optional.of(new Rehearsal(effect, digest, Math.max(rows.asLong(), 0)));
    }

    /** Whether it told all that would be changed. */
    boolean complete() {
        return effect.path("complete").asBoolean(false);
    }

    /** The effect in a few words for a person: which tables, and how many rows. */
    String words() {
        List<String> words = new ArrayList<>();
        for (JsonNode table : effect.path(TABLES)) {
            if (words.size() == TABLES_TOLD_MAX) {
                words.add("and in more tables");
                break;
            }
            words.add(
                    "in %s %d rows added, %d changed, %d deleted"
                            .formatted(
                                    plain(table.path("table").asString("")),
                                    table.path("inserted").asLong(0),
                                    table.path("updated").asLong(0),
                                    table.path("deleted").asLong(0)));
        }
        String told =
                words.isEmpty() ? "it changes no row that can be told" : String.join("; ", words);
        return complete() ? told : told + "; and perhaps more, which cannot be told";
    }

    /** Whoever named the table must not speak to who reads this. */
    private static String plain(String name) {
        String shortened =
                name.length() <= NAME_CHARS_MAX ? name : name.substring(0, NAME_CHARS_MAX) + "...";
        return shortened.replaceAll("[^\\p{L}\\p{N}_.\"$-]", "?");
    }

    /** Rows that would be changed, those that others than the statement change too. */
    long rows() {
        long counted = 0;
        for (JsonNode table : effect.path(TABLES)) {
            for (String kind : List.of("inserted", "updated", "deleted")) {
                counted += Math.max(table.path(kind).asLong(0), 0);
            }
        }
        return Math.max(counted, rowsAffected);
    }

    /**
     * The effect with fewer of the changed rows in it, and fewer tables where that is not enough;
     * empty where nothing can be left out any more.
     */
    static Optional<ObjectNode> shortened(ObjectNode effect) {
        for (String list : List.of(CHANGES, TABLES)) {
            if (effect.path(list) instanceof ArrayNode rows && !rows.isEmpty()) {
                ObjectNode less = effect.deepCopy();
                ((ArrayNode) less.get(list)).remove(rows.size() - 1);
                if (list.equals(CHANGES)) {
                    less.put(NOT_SHOWN, less.path(NOT_SHOWN).asLong(0) + 1);
                }
                return Optional.of(less);
            }
        }
        return Optional.empty();
    }
}
