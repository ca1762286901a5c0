package dev.sallyport.schema.reply;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** The headers of a reply: whom it is for. All else is sealed in its value. */
public final class ReplyHeaders {
    /** The call's id. */
    public static final String CALL = "call";

    /** The gateway that waits. */
    public static final String GATEWAY = "gateway";

    private ReplyHeaders() {}

    /** Adds a header with that text. */
    public static void put(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    /** The header's text, or null where it is absent. */
    public static @Nullable String get(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null || header.value() == null
                ? null
                : new String(header.value(), StandardCharsets.UTF_8);
    }
}
