package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.result.CardNumbers;
import dev.sallyport.schema.event.Attested;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.json.JsonBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a caller is told of a rehearsal, as JSON: {@code {"rowsAffected":n,"rehearsed":true,
 * "complete":b,"effectDigest":"...","tables":[{"table","inserted","updated","deleted"}],"changes":
 * [{"table","before","after"}],"changesNotShown":n}}.
 */
final class Rehearsal {
    /** What follows the rows, and what stands around each of them, fits in so many bytes. */
    private static final int TAIL_BYTES = 1_024;

    private Rehearsal() {}

    static Answer answer(
            Effect effect,
            SealKey key,
            Limits limits,
            boolean cardNumbers,
            @Nullable Attested attested) {
        Answer hindered = hindered(effect);
        if (hindered != null) {
            return hindered;
        }
        CardNumbers cards = new CardNumbers(cardNumbers);
        JsonBuffer json = new JsonBuffer(TAIL_BYTES);
        json.raw("{\"rowsAffected\":" + effect.rowsAffected())
                .raw(",\"rehearsed\":true,\"complete\":" + effect.isComplete())
                .raw(",\"effectDigest\":\"" + EffectDigest.of(effect, key) + "\",\"tables\":[");
        tables(json, effect, cards);
        json.raw("],\"changes\":[");
        int shown = changes(json, effect, cards, limits.bytesMax() - TAIL_BYTES);
        json.raw("],\"changesNotShown\":" + (effect.rowsChanged() - shown));
        if (!effect.isComplete()) {
            json.raw(",\"note\":")
                    .string(
                            "Some rows were changed that you may not see, or more than once, or"
                                    + " where a function catches errors: they are in the counts,"
                                    + " and not all of them in changes and digest.");
        }
        if (cards.found() > 0) {
            json.raw(",\"cardNumbersCut\":" + cards.found());
        }
        json.raw("}");
        return new Answer.Succeeded(
                json.toByteArray(),
                shown,
                0,
                shown < effect.rowsChanged(),
                cards.found(),
                false,
                attested);
    }

    private static void tables(JsonBuffer json, Effect effect, CardNumbers cards) {
        String comma = "";
        for (Effect.Table table : effect.tables()) {
            json.raw(comma + "{\"table\":")
                    .string(cards.in(table.name()))
                    .raw(",\"inserted\":" + table.inserted())
                    .raw(",\"updated\":" + table.updated())
                    .raw(",\"deleted\":" + table.deleted() + "}");
            comma = ",";
        }
    }

    private static int changes(JsonBuffer json, Effect effect, CardNumbers cards, int bytesMax) {
        int shown = 0;
        for (Effect.Row row : effect.rows()) {
            int start = json.length();
            int cardsBefore = cards.found();
            json.raw((shown == 0 ? "" : ",") + "{\"table\":").string(cards.in(row.table()));
            json.raw(",\"before\":");
            value(json, row.before(), cards);
            json.raw(",\"after\":");
            value(json, row.after(), cards);
            json.raw("}");
            if (json.length() > bytesMax) {
                json.cut(start);
                cards.keep(cardsBefore);
                return shown;
            }
            shown++;
        }
        return shown;
    }

    private static void value(JsonBuffer json, byte @Nullable [] row, CardNumbers cards) {
        if (row == null) {
            json.raw("null");
            return;
        }
        String text = new String(row, StandardCharsets.UTF_8);
        if (InteroperableJson.is(row, 0, row.length)) {
            json.raw(InteroperableJson.cut(text, cards));
        } else {
            json.string(cards.in(text));
        }
    }

    /** What a caller is told whose effect is not the approved one. */
    static Answer changed(Effect effect, String approved, SealKey key) {
        Answer hindered = hindered(effect);
        if (hindered != null) {
            return hindered;
        }
        List<String> differences = EffectDigest.differences(approved, effect, key);
        String now =
                differences.isEmpty()
                        ? "its rows or values are others"
                        : String.join("; ", differences);
        return Answer.failed(
                Answer.EFFECT_CHANGED,
                "the effect is no longer the approved one, and nothing was changed: "
                        + now
                        + ". Rehearse it again, and have that approved");
    }

    private static @Nullable Answer hindered(Effect effect) {
        if (effect.hindrance() != null) {
            return cannot(reason(effect.hindrance()));
        }
        return effect.isContradictory()
                ? cannot(
                        "more rows were seen to change than the server counted; try again, or"
                                + " without other changes going on")
                : null;
    }

    static Answer cannot(String why) {
        return Answer.failed(
                Effect.CANNOT, "this cannot be rehearsed here: " + why + "; nothing was changed");
    }

    private static String reason(String hindrance) {
        return switch (hindrance) {
            case "sequence" ->
                    "it draws or sets a value of a sequence, as of an identity column, which no rollback"
                            + " gives back and which differs the next time";
            case "foreign_table" -> "it changes a foreign table, in another server";
            case "notification" ->
                    "a trigger of a table that it changes notifies others or works over dblink";
            case "definitions" -> "it changes definitions, or large objects, and not only rows";
            case "late" ->
                    "it puts off changes until the commit, or reading its rows changes others,"
                            + " so that its effect is not known before it is committed";
            case "no_counts" -> "the server counts no changes (track_counts is off)";
            default -> "the database says " + hindrance;
        };
    }
}
