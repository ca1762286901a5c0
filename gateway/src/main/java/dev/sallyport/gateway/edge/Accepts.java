package dev.sallyport.gateway.edge;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The media types that a request names. */
final class Accepts {

    private static final String JSON = "application/json";

    /** As MCP clients send it; anything else is taken apart. */
    private static final String OF_CLIENTS = "application/json, text/event-stream";

    private Accepts() {}

    /** Whether a body of this content type is JSON in UTF-8. */
    static boolean json(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        if (contentType.equals(JSON)) {
            return true;
        }
        String[] parts = contentType.toLowerCase(Locale.ROOT).split(";", -1);
        if (!parts[0].strip().equals(JSON)) {
            return false;
        }
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip().replace("\"", "");
            if (parameter.startsWith("charset=") && !parameter.equals("charset=utf-8")) {
                return false;
            }
        }
        return true;
    }

    static boolean jsonAnswer(@Nullable String accept) {
        return accept == null
                || accept.equals(OF_CLIENTS)
                || lists(accept, JSON)
                || lists(accept, "application/*");
    }

    static boolean eventStream(@Nullable String accept) {
        return accept != null
                && (accept.equals(OF_CLIENTS)
                        || lists(accept, "text/event-stream")
                        || lists(accept, "text/*"));
    }

    private static boolean lists(String accept, String mediaType) {
        for (String range : accept.toLowerCase(Locale.ROOT).split(",", -1)) {
            String[] parts = range.split(";", -1);
            String type = parts[0].strip();
            if ((type.equals(mediaType) || type.equals("*/*")) && !refuses(parts)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether the range has weight 0, which says that it is not wanted (RFC 9110 section 12.4.2).
     */
    private static boolean refuses(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            if (parts[i].strip().matches("q=0(\\.0{0,3})?")) {
                return true;
            }
        }
        return false;
    }
}
