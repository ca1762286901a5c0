package dev.sallyport.audit.search;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a query as {@code application/x-www-form-urlencoded} spells them, in strict
 * UTF-8. What is not spelled so is refused: a condition that were left out would show entries that
 * nobody asked for.
 */
public final class QueryString {
    private QueryString() {}

    /**
     * The values of each parameter, in their order.
     *
     * @param query as it stands in the address, still encoded
     * @throws AuditException {@code parameter_invalid}, naming the parameter
     */
    public static Map<String, List<String>> parse(@Nullable String query) {
        var parameters = new LinkedHashMap<String, List<String>>();
        if (query == null) {
            return parameters;
        }
        for (String pair : query.split("&", -1)) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                String encoded = equals < 0 ? pair : pair.substring(0, equals);
                String name = decoded(encoded, encoded);
                String value = equals < 0 ? "" : decoded(pair.substring(equals + 1), name);
                parameters.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
            }
        }
        return parameters;
    }

    private static String decoded(String encoded, String name) {
        try {
            byte[] bytes =
                    URLDecoder.decode(encoded, StandardCharsets.ISO_8859_1)
                            .getBytes(StandardCharsets.ISO_8859_1);
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException | IllegalArgumentException malformed) {
            throw new AuditException(
                    AuditProblem.PARAMETER_INVALID,
                    EntryFilter.shortened(name)
                            + " must be UTF-8 in percent-encoding: a percent sign is spelled %25",
                    malformed);
        }
    }
}
