package dev.sallyport.schema.sign;

import dev.sallyport.schema.SchemaException;
import java.io.IOException;
import java.util.Base64;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.jspecify.annotations.Nullable;

/**
 * An Ed25519 public key (RFC 8032). Its text is SubjectPublicKeyInfo (RFC 8410) in base64 without
 * line breaks; its raw form has 32 bytes.
 */
public final class VerifyingKey {
    public static final int RAW_BYTES = Ed25519PublicKeyParameters.KEY_SIZE;
    public static final int SIGNATURE_BYTES = 64;

    private final Ed25519PublicKeyParameters key;
    private final Ed25519.Verifier verifier;

    private VerifyingKey(Ed25519PublicKeyParameters key) {
        this(key, Ed25519.chosen());
    }

    VerifyingKey(Ed25519PublicKeyParameters key, Ed25519 computed) {
        this.key = key;
        this.verifier = computed.verifier(key);
    }

    /** The same key, computed with so. */
    VerifyingKey with(Ed25519 computed) {
        return new VerifyingKey(key, computed);
    }

    /**
     * The key with this raw form.
     *
     * @throws IllegalArgumentException if no public key is spelled so
     */
    public static VerifyingKey ofRaw(byte[] raw) {
        if (raw.length != RAW_BYTES) {
            throw new IllegalArgumentException(
                    "an Ed25519 public key has 32 bytes, not " + raw.length);
        }
        return new VerifyingKey(new Ed25519PublicKeyParameters(raw));
    }

    /**
     * The key that the text spells.
     *
     * @throws SchemaException {@code key_malformed}
     */
    public static VerifyingKey parse(String text) {
        try {
            byte[] encoded = Base64.getDecoder().decode(text.strip());
            if (PublicKeyFactory.createKey(encoded) instanceof Ed25519PublicKeyParameters key) {
                return new VerifyingKey(key);
            }
        } catch (IOException | RuntimeException e) {
            throw malformed(e);
        }
        throw malformed(null);
    }

    private static SchemaException malformed(@Nullable Exception cause) {
        return new SchemaException(
                "key_malformed",
                "a public key must be Ed25519 as SubjectPublicKeyInfo in base64",
                cause);
    }

    public String text() {
        try {
            return Base64.getEncoder()
                    .encodeToString(
                            SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(key)
                                    .getEncoded());
        } catch (IOException e) {
            throw new SchemaException("key_malformed", "a public key could not be written", e);
        }
    }

    /** The raw form. */
    public byte[] raw() {
        return key.getEncoded();
    }

    /** Whether the private half made this signature over these bytes. */
    public boolean verifies(byte[] bytes, byte[] signature) {
        return signature.length == SIGNATURE_BYTES && verifier.verifies(bytes, signature);
    }

    @Override
    public String toString() {
        return text();
    }
}
