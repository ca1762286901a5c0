package dev.sallyport.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import no.nav.security.mock.oauth2.http.OAuth2HttpRequest;
import no.nav.security.mock.oauth2.http.OAuth2HttpResponse;
import okhttp3.Headers;
import org.jspecify.annotations.Nullable;

/** Forms as they come in, and JSON as it goes out. */
final class Answers {

    private static final int FORM_CHARACTERS_MAX = 16_384;

    private Answers() {}

    /**
     * The fields of the request's form, each with its values.
     *
     * @throws IllegalArgumentException if it is too long, or is no form
     */
    static Map<String, List<String>> form(OAuth2HttpRequest request) {
        String body = request.getBody() == null ? "" : request.getBody();
        if (body.length() > FORM_CHARACTERS_MAX) {
            throw new IllegalArgumentException(
                    "the form is longer than " + FORM_CHARACTERS_MAX + " characters");
        }
        return fields(body);
    }

    /** The fields of a form or of a query. */
    static Map<String, List<String>> fields(String encoded) {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        for (String pair : encoded.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                fields.computeIfAbsent(
                                URLDecoder.decode(pair.substring(0, equals), UTF_8),
                                name -> new ArrayList<>())
                        .add(URLDecoder.decode(pair.substring(equals + 1), UTF_8));
            }
        }
        return fields;
    }

    /** The field's value, where it has exactly one that is not empty. */
    static @Nullable String one(Map<String, List<String>> fields, String name) {
        List<String> values = fields.getOrDefault(name, List.of());
        return values.size() == 1 && !values.getFirst().isEmpty() ? values.getFirst() : null;
    }

    /** RFC 6749 section 5.2. */
    static OAuth2HttpResponse error(int status, String code, String description) {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("error", code);
        problem.put("error_description", description);
        return json(status, problem);
    }

    static OAuth2HttpResponse json(int status, Map<String, Object> body) {
        Headers headers =
                Headers.of("Content-Type", "application/json", "Cache-Control", "no-store");
        return new OAuth2HttpResponse(headers, status, JSONObjectUtils.toJSONString(body), null);
    }
}
