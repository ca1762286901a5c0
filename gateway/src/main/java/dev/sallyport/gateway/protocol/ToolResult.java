package dev.sallyport.gateway.protocol;

import dev.sallyport.schema.id.CallId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The shapes that a tool's result takes: data, plain text, or an error that the model is meant to
 * read.
 */
public final class ToolResult {

    private ToolResult() {}

    /**
     * A result whose JSON object is known: as text for the model, and as structured content for
     * programs.
     */
    public static Outcome data(byte[] jsonObject, @Nullable CallId call) {
        return data(jsonObject, call, List.of());
    }

    /**
     * The same with notes, which the model reads after the data.
     *
     * @param notes what the caller should know of how its request was understood
     */
    public static Outcome data(byte[] jsonObject, @Nullable CallId call, List<String> notes) {
        return new Outcome.Complete(
                json -> {
                    json.raw("\"content\":[{\"type\":\"text\",\"text\":")
                            .string(jsonObject)
                            .raw("}");
                    for (String note : notes) {
                        json.raw(",{\"type\":\"text\",\"text\":").string(note).raw("}");
                    }
                    json.raw("],\"structuredContent\":").raw(jsonObject).raw(",\"isError\":false");
                },
                call,
                notes);
    }

    public static Outcome text(String text) {
        return new Outcome.Complete(json ->
                json.raw("\"content\":[{\"type\":\"text\",\"text\":")
                        .string(text)
                        .raw("}],\"isError\":false"));
    }

    /**
     * The call was understood and did not succeed: the model reads why, programs read the stable
     * code.
     */
    public static Outcome error(String code, String message, @Nullable CallId call) {
        return new Outcome.Complete(
                json ->
                        json.raw("\"content\":[{\"type\":\"text\",\"text\":")
                                .string(code + ": " + message)
                                .raw("}],\"structuredContent\":{\"error\":{\"code\":")
                                .string(code)
                                .raw(",\"message\":")
                                .string(message)
                                .raw("}},\"isError\":true"),
                call);
    }
}
