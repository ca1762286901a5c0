package dev.sallyport.audit.verify;

import dev.sallyport.schema.json.Json;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * The proof of one entry of whatever kind, as one JSON document that can be verified offline.
 *
 * <pre>{@code
 * {"format": "dev.sallyport.entry-proof.v1",
 *  "entry": "<base64 of the event's exact bytes>",
 *  "proof": "c2sp.org/tlog-proof@v1\nindex 17\n..."}
 * }</pre>
 *
 * @param proved the entry, with the C2SP tlog-proof of its inclusion
 */
public record EntryProof(CallProof.ProvedEntry proved) {
    /** The value of the field {@code format}. */
    public static final String FORMAT = "dev.sallyport.entry-proof.v1";

    /** Whether the document says that it is one of these. */
    static boolean isOne(JsonNode tree) {
        return tree.path("format").asString("").equals(FORMAT);
    }

    /** The proof that the document spells; any other document is refused with the reason. */
    static EntryProof of(JsonNode tree) {
        CallProof.requireFields(tree, Set.of("format", "entry", "proof"));
        return new EntryProof(
                new CallProof.ProvedEntry(
                        CallProof.text(tree, "entry"), CallProof.text(tree, "proof")));
    }

    /** The JSON document. */
    public byte[] json() {
        return Json.mapper()
                .writeValueAsBytes(
                        Json.mapper()
                                .createObjectNode()
                                .put("format", FORMAT)
                                .put("entry", proved.entry())
                                .put("proof", proved.proof()));
    }
}
