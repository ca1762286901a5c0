package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.sign.VerifyingKey;
import org.jspecify.annotations.Nullable;

/**
 * The key that a gateway signs commands with, or the audit service what people decided.
 *
 * @param gateway the id of who signs with it, which stands in what is signed
 * @param publicKey as {@link VerifyingKey#text} writes it
 * @param purpose what may be signed with it; null is {@link KeyPurpose#COMMANDS}
 */
public record GatewayKey(GatewayId gateway, String publicKey, @Nullable KeyPurpose purpose)
        implements RegistryEntry {
    public GatewayKey {
        VerifyingKey.parse(publicKey);
    }

    /** A key for commands. */
    public GatewayKey(GatewayId gateway, String publicKey) {
        this(gateway, publicKey, null);
    }

    /** Whether that may be signed with it. */
    public boolean isFor(KeyPurpose wanted) {
        return wanted == (purpose == null ? KeyPurpose.COMMANDS : purpose);
    }

    /** The key, parsed: callers on the way of a call keep it. */
    public VerifyingKey parsed() {
        return VerifyingKey.parse(publicKey);
    }

    @Override
    @JsonIgnore
    public String key() {
        return key(gateway);
    }

    public static String key(GatewayId gateway) {
        return "key/" + gateway;
    }
}
