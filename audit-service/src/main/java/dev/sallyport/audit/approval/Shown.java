package dev.sallyport.audit.approval;

import dev.sallyport.schema.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What the gateway sealed for those who decide.
 *
 * @param json all of it, as the gateway wrote it
 * @param sql the exact text of the statement
 * @param params its values, in their order
 * @param effect what a rehearsal changed; empty where there was none
 * @param unrehearsed why there was none; null where there was one, or nobody said why
 * @param cut whether the effect had no room here with all of its rows
 */
public record Shown(
        JsonNode json,
        String sql,
        List<JsonNode> params,
        Optional<Effect> effect,
        @Nullable String unrehearsed,
        boolean cut) {
    public Shown {
        params = List.copyOf(params);
    }

    /**
     * What a rehearsal changed.
     *
     * @param rowsAffected rows that the statement itself changed
     * @param complete whether the rows that were found account for all that was counted
     * @param digest the effect's digest
     * @param tables what was counted, by table
     * @param changes rows before and after, not all of them
     * @param changesNotShown how many rows more were changed
     * @param note why it is not complete
     */
    public record Effect(
            long rowsAffected,
            boolean complete,
            String digest,
            List<Table> tables,
            List<Change> changes,
            long changesNotShown,
            @Nullable String note) {
        public Effect {
            tables = List.copyOf(tables);
            changes = List.copyOf(changes);
        }
    }

    /** Rows inserted, updated and deleted in a table, as the server counted them. */
    public record Table(String table, long inserted, long updated, long deleted) {}

    /** A row before and after: members and their values, a text, or nothing. */
    public record Change(String table, JsonNode before, JsonNode after) {}

    /**
     * Reads what was sealed.
     *
     * @throws IllegalArgumentException if it is not what a gateway writes
     */
    static Shown parse(byte[] bytes) {
        JsonNode json;
        try {
            json = Json.exact().readTree(bytes);
        } catch (JacksonException malformed) {
            // without the cause, which quotes the document
            throw wrong("JSON");
        }
        JsonNode sql = json.path("sql");
        JsonNode params = json.path("params");
        if (!sql.isString() || !params.isArray()) {
            throw wrong("sql and params");
        }
        JsonNode effect = json.path("effect");
        JsonNode why = effect.path("cannotBeRehearsed");
        return new Shown(
                json,
                sql.stringValue(),
                params.valueStream().toList(),
                effect.isObject() && why.isMissingNode()
                        ? Optional.of(effect(effect))
                        : Optional.empty(),
                why.isString() ? why.stringValue() : null,
                json.path("cut").asBoolean(false));
    }

    private static Effect effect(JsonNode json) {
        var tables = new ArrayList<Table>();
        for (JsonNode table : list(json, "tables")) {
            tables.add(
                    new Table(
                            text(table, "table"),
                            number(table, "inserted"),
                            number(table, "updated"),
                            number(table, "deleted")));
        }
        var changes = new ArrayList<Change>();
        for (JsonNode change : list(json, "changes")) {
            changes.add(
                    new Change(text(change, "table"), change.path("before"), change.path("after")));
        }
        JsonNode note = json.path("note");
        return new Effect(
                number(json, "rowsAffected"),
                json.path("complete").asBoolean(false),
                text(json, "effectDigest"),
                tables,
                changes,
                json.has("changesNotShown") ? number(json, "changesNotShown") : 0,
                note.isString() ? note.stringValue() : null);
    }

    private static List<JsonNode> list(JsonNode json, String name) {
        JsonNode list = json.path(name);
        if (!list.isArray()) {
            throw wrong(name);
        }
        return list.valueStream().toList();
    }

    private static String text(JsonNode json, String name) {
        JsonNode text = json.path(name);
        if (!text.isString()) {
            throw wrong(name);
        }
        return text.stringValue();
    }

    private static long number(JsonNode json, String name) {
        JsonNode number = json.path(name);
        if (!number.isIntegralNumber() || !number.canConvertToLong()) {
            throw wrong(name);
        }
        return number.longValue();
    }

    private static IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("what is shown has no " + what);
    }

    /** Neither the text nor the rows are for logs. */
    @Override
    public String toString() {
        return "Shown[***]";
    }
}
