package dev.sallyport.gateway.edge;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The media types that a request names. */
final class Accepts {

    private static final String JSON = "application/json";
    private static final String EVENT_STREAM = "text/event-stream";

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
            String[] parameter = parts[i].split("=", 2);
            if (parameter[0].strip().equals("charset")
                    && !(parameter.length == 2
                            && parameter[1].strip().replace("\"", "").equals("utf-8"))) {
                return false;
            }
        }
        return true;
    }

    static boolean jsonAnswer(@Nullable String accept) {
        return accept == null || accept.equals(OF_CLIENTS) || takes(accept, JSON);
    }

    static boolean eventStream(@Nullable String accept) {
        return accept != null && (accept.equals(OF_CLIENTS) || takes(accept, EVENT_STREAM));
    }

    /** Of the ranges that a media type fits, the most exact decides (RFC 9110 section 12.5.1). */
    private static boolean takes(String accept, String mediaType) {
        String anySubtype = mediaType.substring(0, mediaType.indexOf('/') + 1) + "*";
        List<String> fitting = List.of("*/*", anySubtype, mediaType);
        int exactness = -1;
        boolean taken = false;
        for (String range : accept.toLowerCase(Locale.ROOT).split(",", -1)) {
            String[] parts = range.split(";", -1);
            int fits = fitting.indexOf(parts[0].strip());
            if (fits > exactness) {
                exactness = fits;
                taken = !refuses(parts);
            } else if (fits >= 0 && fits == exactness) {
                taken |= !refuses(parts);
            }
        }
        return taken;
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
