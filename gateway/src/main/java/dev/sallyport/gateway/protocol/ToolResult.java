package dev.sallyport.gateway.protocol;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.json.JsonBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a tool has to say, before it takes the form that the caller wants. */
public sealed interface ToolResult {

    /**
     * With this header a caller says that a program reads the results: {@code true} gets them as
     * {@code structuredContent}, and lists with the schemas of it. Everything else is read as text.
     */
    String STRUCTURED = "x-structured-content";

    /** In a result's {@code _meta}: the stable code of what went wrong. */
    String META_CODE = "dev.sallyport/code";

    /** What stands around data, mostly. */
    int FRAME_BYTES = 512;

    /** Data: a JSON object, whose values come from a database. */
    final class Data implements ToolResult {
        private final byte[] json;
        private final List<String> notes;

        private Data(byte[] json, List<String> notes) {
            this.json = json;
            this.notes = List.copyOf(notes);
        }
    }

    /** Words of ours. */
    record Text(String text) implements ToolResult {}

    /**
     * The call was understood and did not succeed: the model reads why, programs read the stable
     * code.
     *
     * @param message ours
     */
    record Refused(String code, String message) implements ToolResult {}

    /**
     * The same of a call that an executor ran.
     *
     * @param message may hold words of the database
     */
    record Failed(String code, String message) implements ToolResult {}

    /**
     * The call waits for somebody to allow it; nothing was changed.
     *
     * @param message ours
     * @param approval ours too, for programs: a JSON object
     * @param effect a JSON object of the database's values
     */
    record Waiting(String code, String message, String approval, String effect)
            implements ToolResult {}

    /** Whether the caller wants results for a program. */
    static boolean isStructured(Headers headers) {
        return "true".equals(headers.get(STRUCTURED));
    }

    /**
     * Data as the outcome of a call.
     *
     * @param notes what the caller should know of how its request was understood; the model reads
     *     them after the data
     */
    static Outcome data(byte[] jsonObject, @Nullable CallId call, List<String> notes) {
        return new Outcome.Told(new Data(jsonObject, notes), call, notes);
    }

    static Outcome data(byte[] jsonObject, @Nullable CallId call) {
        return data(jsonObject, call, List.of());
    }

    static Outcome text(String text) {
        return new Outcome.Told(new Text(text), null, List.of());
    }

    static Outcome error(String code, String message, @Nullable CallId call) {
        return new Outcome.Told(new Refused(code, message), call, List.of());
    }

    /** The stable code of what went wrong; null where nothing did. */
    default @Nullable String code() {
        return switch (this) {
            case Refused(var code, _) -> code;
            case Failed(var code, _) -> code;
            case Waiting waiting -> waiting.code();
            case Data _, Text _ -> null;
        };
    }

    /**
     * How many bytes {@link #writeTo} appends, or somewhat more: in a buffer of that size nothing
     * is copied to grow it.
     */
    default int bytesExpected(boolean structured) {
        return switch (this) {
            case Data data ->
                    FRAME_BYTES
                            + (structured
                                    ? data.json.length
                                    : JsonBuffer.charactersLength(data.json));
            case Waiting waiting -> FRAME_BYTES + 2 * waiting.effect().length();
            case Text _, Refused _, Failed _ -> FRAME_BYTES;
        };
    }

    /** Appends the members of the result object. */
    default void writeTo(JsonBuffer json, boolean structured) {
        json.raw("\"content\":[{\"type\":\"text\",\"text\":\"");
        switch (this) {
            case Data _ when structured -> json.raw(Marks.ELSEWHERE);
            case Data data -> Marks.next().around(json, data.json);
            case Text(var text) -> json.characters(utf8(text));
            case Refused(var code, var message) -> json.characters(utf8(code + ": " + message));
            case Waiting waiting ->
                    json.characters(utf8(waiting.code() + ": " + waiting.message()));
            case Failed(var code, var message) when structured ->
                    json.characters(utf8(code + ": " + message));
            case Failed(var code, var message) -> {
                json.characters(utf8(code + ". "));
                Marks.next().around(json, utf8(message));
            }
        }
        json.raw("\"}");
        if (this instanceof Data data) {
            for (String note : data.notes) {
                json.raw(",{\"type\":\"text\",\"text\":").string(note).raw("}");
            }
        }
        if (this instanceof Waiting waiting && !structured) {
            json.raw(",{\"type\":\"text\",\"text\":\"");
            Marks.next().around(json, utf8(waiting.effect()));
            json.raw("\"}");
        }
        json.raw("]");
        if (structured) {
            switch (this) {
                case Data data -> json.raw(",\"structuredContent\":").raw(data.json);
                case Refused(var code, var message) -> structuredError(json, code, message);
                case Failed(var code, var message) -> structuredError(json, code, message);
                case Waiting waiting ->
                        json.raw(",\"structuredContent\":{\"error\":{\"code\":")
                                .string(waiting.code())
                                .raw(",\"message\":")
                                .string(waiting.message())
                                .raw("},\"approval\":")
                                .raw(waiting.approval())
                                .raw(",\"effect\":")
                                .raw(utf8(waiting.effect()))
                                .raw("}");
                case Text _ -> {}
            }
        }
        json.raw(code() == null ? ",\"isError\":false" : ",\"isError\":true");
    }

    private static void structuredError(JsonBuffer json, String code, String message) {
        json.raw(",\"structuredContent\":{\"error\":{\"code\":")
                .string(code)
                .raw(",\"message\":")
                .string(message)
                .raw("}}");
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
