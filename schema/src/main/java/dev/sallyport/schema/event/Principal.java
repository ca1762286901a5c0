package dev.sallyport.schema.event;

import org.jspecify.annotations.Nullable;

/**
 * Who makes a call.
 *
 * @param subject the token's {@code sub}: the person or workload, unique within the tenant
 * @param client the OAuth client that the token was issued to
 * @param agent the name that the MCP client gives itself; unproved
 * @param address the IP address that the call came from, as the gateway saw it
 */
public record Principal(
        String subject, String client, @Nullable String agent, @Nullable String address) {
    /** The longest of each name, in characters; longer ones are refused where they enter. */
    public static final int NAME_MAX = 255;

    public Principal {
        require("subject", subject);
        require("client", client);
    }

    private static void require(String what, String value) {
        if (value.isBlank() || value.length() > NAME_MAX) {
            throw new IllegalArgumentException(
                    what + " must have 1 to " + NAME_MAX + " characters: has " + value.length());
        }
    }
}
