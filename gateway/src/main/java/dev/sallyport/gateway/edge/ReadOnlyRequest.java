package dev.sallyport.gateway.edge;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whether a request gives up writing: by a header field such as {@code x-read-only}, or by a
 * parameter of the URL such as {@code ?read_only=true}. Clients spell the name in many ways, so
 * every name counts that holds the two words. A misspelt value must not open writes: only the exact
 * word {@code false} leaves them open, and one field or parameter that says otherwise is enough.
 */
final class ReadOnlyRequest {

    private static final Pattern BETWEEN_PARAMETERS = Pattern.compile("[&;]");
    private static final Pattern NO_LETTER = Pattern.compile("[^a-z]");
    private static final String WORDS = "readonly";
    private static final String OPEN = "false";

    private ReadOnlyRequest() {}

    static boolean asks(HttpServletRequest request) {
        for (String name : Collections.list(request.getHeaderNames())) {
            if (isNamed(name) && closes(Collections.list(request.getHeaders(name)))) {
                return true;
            }
        }
        String query = request.getQueryString();
        return query != null
                && BETWEEN_PARAMETERS.splitAsStream(query).anyMatch(ReadOnlyRequest::closes);
    }

    private static boolean closes(String parameter) {
        int equals = parameter.indexOf('=');
        String name = decoded(equals < 0 ? parameter : parameter.substring(0, equals));
        String value = equals < 0 ? "" : decoded(parameter.substring(equals + 1));
        // what cannot be decoded might be the name
        return name == null || (isNamed(name) && (value == null || !value.equals(OPEN)));
    }

    private static boolean closes(List<String> values) {
        return !values.stream().allMatch(OPEN::equals);
    }

    private static boolean isNamed(String name) {
        return NO_LETTER.matcher(name.toLowerCase(Locale.ROOT)).replaceAll("").contains(WORDS);
    }

    private static @Nullable String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
