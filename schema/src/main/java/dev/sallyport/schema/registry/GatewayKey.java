package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.sign.VerifyingKey;

/**
 * The key that a gateway signs commands with.
 *
 * @param publicKey as {@link VerifyingKey#text} writes it
 */
public record GatewayKey(GatewayId gateway, String publicKey) implements RegistryEntry {
    public GatewayKey {
        VerifyingKey.parse(publicKey);
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
