package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.sign.SigningKeys;
import java.security.PublicKey;

/**
 * The key that a gateway signs commands with.
 *
 * @param publicKey as {@link SigningKeys#publicText} writes it
 */
public record GatewayKey(GatewayId gateway, String publicKey) implements RegistryEntry {
    public GatewayKey {
        SigningKeys.publicKey(publicKey);
    }

    /** The key, parsed: callers on the way of a call keep it. */
    public PublicKey parsed() {
        return SigningKeys.publicKey(publicKey);
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
