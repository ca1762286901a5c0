package dev.sallyport.schema.seal;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.crypto.CryptoProvider;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.EventId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A tenant's data key in the clear. Three keys follow from it by HKDF-SHA256 (RFC 5869): one seals
 * fields and one seals replies, both with AES-256-GCM; one makes the digests of results.
 */
public final class DataKey {
    private final String id;
    private final SecretKey sealing;
    private final SecretKey replying;
    private final SecretKey digesting;

    DataKey(String id, byte[] secret) {
        this.id = id;
        this.sealing = derive(secret, "sallyport sealed fields v1", "AES");
        this.replying = derive(secret, "sallyport sealed replies v1", "AES");
        this.digesting = derive(secret, "sallyport result digests v1", "HmacSHA256");
    }

    public String id() {
        return id;
    }

    /**
     * Seals a field of an event.
     *
     * @param event the event that will carry the field: a sealed field that is moved to another
     *     event does not open
     * @param field the field's name in the event's data
     */
    public Sealed seal(byte[] plain, EventId event, String field) {
        byte[] body = Aes.seal(sealing, plain, associated(event, field));
        return new Sealed(
                "v1." + id + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(body));
    }

    /**
     * Opens a field of an event.
     *
     * @throws SchemaException {@code seal_broken} if it was altered, moved, or sealed with another
     *     key
     */
    public byte[] open(Sealed sealed, EventId event, String field) {
        if (!sealed.dataKeyId().equals(id)) {
            throw new SchemaException(
                    "seal_broken",
                    "the field was sealed with data key " + sealed.dataKeyId() + ", not " + id);
        }
        byte[] body;
        try {
            body = Base64.getUrlDecoder().decode(sealed.body());
        } catch (IllegalArgumentException e) {
            throw new SchemaException("seal_broken", "the sealed field is not base64url", e);
        }
        return Aes.open(sealing, body, associated(event, field));
    }

    /** Seals what is answered to the call. */
    public byte[] sealReply(byte[] plain, CallId call) {
        return Aes.seal(replying, plain, associated(call));
    }

    /**
     * Opens what was answered to the call.
     *
     * @throws SchemaException {@code seal_broken} if it was altered, answered to another call, or
     *     sealed with another key
     */
    public byte[] openReply(byte[] sealed, CallId call) {
        return Aes.open(replying, sealed, associated(call));
    }

    /**
     * HMAC-SHA256 of the bytes under a key of the tenant, base64url: a digest that nobody outside
     * can guess from likely results.
     */
    public String digest(byte[] bytes) {
        try {
            Mac mac = CryptoProvider.chosen().hmacSha256();
            mac.init(digesting);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(mac.doFinal(bytes));
        } catch (GeneralSecurityException e) {
            throw new SchemaException("digest_failed", "the digest could not be made", e);
        }
    }

    private static byte[] associated(EventId event, String field) {
        return (event + "/" + field).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] associated(CallId call) {
        return call.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static SecretKey derive(byte[] secret, String purpose, String algorithm) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveKey(
                            algorithm,
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(new SecretKeySpec(secret, "Generic"))
                                    .thenExpand(
                                            purpose.getBytes(StandardCharsets.UTF_8),
                                            Aes.KEY_BYTES));
        } catch (GeneralSecurityException e) {
            throw new SchemaException(
                    "key_derivation_failed", "the data key could not be derived", e);
        }
    }
}
