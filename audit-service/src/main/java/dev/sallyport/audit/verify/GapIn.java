package dev.sallyport.audit.verify;

import dev.sallyport.schema.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** What an entry says of records that may be missing in the log. */
final class GapIn {
    private static final String TYPE = "dev.sallyport.GapFound.v1";

    /** The type stands near the beginning; most entries are not read any further. */
    private static final int BEGINNING_BYTES = 512;

    private GapIn() {}

    static Optional<String> entry(long index, byte[] entry) {
        String beginning =
                new String(
                        entry,
                        0,
                        Math.min(entry.length, BEGINNING_BYTES),
                        StandardCharsets.ISO_8859_1);
        if (!beginning.contains(TYPE)) {
            return Optional.empty();
        }
        JsonNode event;
        try {
            event = Json.mapper().readTree(entry);
        } catch (JacksonException malformed) {
            return Optional.empty();
        }
        if (!event.path("type").asString("").equals(TYPE)) {
            return Optional.empty();
        }
        var data = event.path("data");
        return Optional.of(
                "entry "
                        + index
                        + ", "
                        + event.path("time").asString("")
                        + ": records of "
                        + data.path("topic").asString("")
                        + "-"
                        + data.path("partition").asString("")
                        + " from "
                        + data.path("from").asString("")
                        + (data.has("next") ? " to " + data.path("next").asString("") : "")
                        + " may be missing: "
                        + data.path("reason").asString(""));
    }
}
