package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.failure.ExecutorException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The address of a tenant's PostgreSQL database. Parameters of a URL override the driver's settings
 * that the sealed context relies on, so only some are allowed; and a connection that leaves the
 * machine is encrypted.
 */
final class DatabaseUrl {
    private static final Pattern FORM =
            Pattern.compile("jdbc:postgresql://([^/?#]+)/([^/?#]+)(?:\\?([^#]*))?");
    private static final Pattern LOOPBACK =
            Pattern.compile("(?:localhost|127\\.\\d+\\.\\d+\\.\\d+|\\[::1])(?::\\d+)?");
    private static final Set<String> PARAMETERS =
            Set.of(
                    "sslmode",
                    "sslrootcert",
                    "sslcert",
                    "sslkey",
                    "targetServerType",
                    "loadBalanceHosts",
                    "channelBinding");
    private static final Set<String> ENCRYPTED = Set.of("require", "verify-ca", "verify-full");

    private DatabaseUrl() {}

    /**
     * The URL to connect to, with the TLS mode that holds.
     *
     * @param plainAllowed whether a connection to another machine may be unencrypted
     * @throws ExecutorException {@code database_url_refused}
     */
    static String checked(String url, boolean plainAllowed) {
        Matcher form = FORM.matcher(url);
        if (!form.matches()) {
            throw refused("it must have the form jdbc:postgresql://host:port/database?sslmode=...");
        }
        Map<String, String> parameters = parameters(form.group(3));
        boolean local = LOOPBACK.matcher(form.group(1)).matches();
        String mode = parameters.get("sslmode");
        if (mode == null) {
            if (local || plainAllowed) {
                return url;
            }
            return url + (form.group(3) == null ? "?" : "&") + "sslmode=verify-full";
        }
        if (!local && !plainAllowed && !ENCRYPTED.contains(mode)) {
            throw refused("sslmode must be one of require, verify-ca and verify-full");
        }
        return url;
    }

    private static Map<String, String> parameters(@Nullable String query) {
        Map<String, String> parameters = new HashMap<>();
        if (query == null || query.isEmpty()) {
            return parameters;
        }
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            if (!PARAMETERS.contains(name)) {
                throw refused(
                        "of the driver's parameters it may have "
                                + PARAMETERS.stream().sorted().toList()
                                + ", not "
                                + name);
            }
            String value = equals < 0 ? "" : pair.substring(equals + 1);
            if (parameters.put(name, URLDecoder.decode(value, StandardCharsets.UTF_8)) != null) {
                throw refused("it has " + name + " twice");
            }
        }
        return parameters;
    }

    private static ExecutorException refused(String why) {
        return new ExecutorException(
                "database_url_refused", "the database's jdbcUrl is refused: " + why);
    }
}
