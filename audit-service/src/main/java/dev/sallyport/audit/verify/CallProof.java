package dev.sallyport.audit.verify;

import dev.sallyport.audit.note.Base64Text;
import dev.sallyport.schema.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The proof of one call as one JSON document that can be verified offline.
 *
 * <pre>{@code
 * {"format": "dev.sallyport.call-proof.v1",
 *  "callId": "01989f...",
 *  "entries": [{"entry": "<base64 of the event's exact bytes>", "proof": "c2sp.org/tlog-proof@v1\nindex 17\n..."}]}
 * }</pre>
 *
 * @param callId the call
 * @param entries its events, each with the C2SP tlog-proof of its inclusion
 */
public record CallProof(String callId, List<ProvedEntry> entries) {
    /** The value of the field {@code format}. */
    public static final String FORMAT = "dev.sallyport.call-proof.v1";

    /** The most entries that a proof may hold. */
    public static final int ENTRIES_MAX = 64;

    public CallProof {
        entries = List.copyOf(entries);
        if (entries.isEmpty() || entries.size() > ENTRIES_MAX) {
            throw new IllegalArgumentException(
                    "a proof has 1 to " + ENTRIES_MAX + " entries, not " + entries.size());
        }
    }

    /**
     * One event of the call.
     *
     * @param entry the base64 of the event's exact bytes
     * @param proof the text of its tlog-proof
     */
    public record ProvedEntry(String entry, String proof) {
        /** The event's bytes. */
        public byte[] bytes() {
            return Base64Text.read(entry);
        }
    }

    /** The proof that a JSON document spells; any other document is refused with the reason. */
    public static CallProof parse(byte[] json) {
        JsonNode tree = tree(json);
        requireFields(tree, Set.of("format", "callId", "entries"));
        if (!text(tree, "format").equals(FORMAT)) {
            throw new IllegalArgumentException("the field format of a proof is '" + FORMAT + "'");
        }
        if (!tree.get("entries").isArray()) {
            throw new IllegalArgumentException("the field entries of a proof is a list");
        }
        var entries = new ArrayList<ProvedEntry>();
        for (JsonNode entry : tree.get("entries")) {
            requireFields(entry, Set.of("entry", "proof"));
            entries.add(new ProvedEntry(text(entry, "entry"), text(entry, "proof")));
        }
        return new CallProof(text(tree, "callId"), entries);
    }

    /** The JSON document of a proof. */
    static JsonNode tree(byte[] json) {
        try {
            // a field named twice, which could show one value to a person and another one to the
            // verifier, is refused
            return Json.mapper().readTree(json);
        } catch (JacksonException malformed) {
            throw new IllegalArgumentException(
                    "the proof is no JSON document: " + malformed.getOriginalMessage(), malformed);
        }
    }

    /** The JSON document. */
    public byte[] json() {
        var tree = Json.mapper().createObjectNode();
        tree.put("format", FORMAT).put("callId", callId);
        var list = tree.putArray("entries");
        entries.forEach(
                entry -> list.addObject().put("entry", entry.entry()).put("proof", entry.proof()));
        return Json.mapper().writeValueAsBytes(tree);
    }

    static void requireFields(JsonNode tree, Set<String> fields) {
        if (!tree.isObject() || !Set.copyOf(tree.propertyNames()).equals(fields)) {
            throw new IllegalArgumentException(
                    "a proof has objects with exactly the fields " + new TreeSet<>(fields));
        }
    }

    static String text(JsonNode tree, String field) {
        if (!tree.get(field).isString()) {
            throw new IllegalArgumentException("the field " + field + " of a proof is a string");
        }
        return tree.get(field).stringValue();
    }
}
