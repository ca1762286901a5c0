package dev.sallyport.schema.seal;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.secret.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key that wraps data keys. It comes from the secret store and never travels; wrapped data keys
 * stand in the registry.
 */
public final class KeyEncryptionKey {
    private final SecretKey key;

    /**
     * @param secret 32 bytes in base64
     * @throws SchemaException {@code key_malformed}
     */
    public KeyEncryptionKey(Secret secret) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(secret.value().strip());
        } catch (IllegalArgumentException e) {
            throw new SchemaException("key_malformed", "the key-encryption key must be base64");
        }
        if (bytes.length != Aes.KEY_BYTES) {
            throw new SchemaException(
                    "key_malformed",
                    "the key-encryption key must have "
                            + Aes.KEY_BYTES
                            + " bytes in base64, not "
                            + bytes.length);
        }
        this.key = new SecretKeySpec(bytes, "AES");
    }

    /** The text form of a new random key. */
    public static Secret generate() {
        return new Secret(Base64.getEncoder().encodeToString(Aes.randomBytes(Aes.KEY_BYTES)));
    }

    /** Makes a new data key of the tenant, wrapped; its id is new too. */
    public WrappedDataKey newDataKey(TenantId tenant) {
        String id = "dk-" + EventId.next();
        byte[] wrapped = Aes.seal(key, Aes.randomBytes(Aes.KEY_BYTES), associated(tenant, id));
        return new WrappedDataKey(
                tenant, id, Base64.getUrlEncoder().withoutPadding().encodeToString(wrapped));
    }

    /**
     * Unwraps the data key.
     *
     * @throws SchemaException {@code seal_broken} if another key wrapped it, or for another tenant
     */
    public DataKey unwrap(WrappedDataKey wrapped) {
        byte[] secret =
                Aes.open(
                        key,
                        Base64.getUrlDecoder().decode(wrapped.wrapped()),
                        associated(wrapped.tenant(), wrapped.id()));
        return new DataKey(wrapped.id(), secret);
    }

    private static byte[] associated(TenantId tenant, String id) {
        return ("data key " + tenant + "/" + id).getBytes(StandardCharsets.UTF_8);
    }
}
