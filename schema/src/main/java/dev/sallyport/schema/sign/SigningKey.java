package dev.sallyport.schema.sign;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.secret.Secret;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Base64;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;

/**
 * An Ed25519 private key (RFC 8032). Its text is PKCS #8 (RFC 8410) in base64 without line breaks;
 * its raw form is the 32-byte seed.
 */
public final class SigningKey {
    public static final int SEED_BYTES = Ed25519PrivateKeyParameters.KEY_SIZE;

    private final Ed25519PrivateKeyParameters key;
    private final Ed25519.Signer signer;
    private final VerifyingKey verifyingKey;

    private SigningKey(Ed25519PrivateKeyParameters key) {
        this(key, Ed25519.chosen());
    }

    private SigningKey(Ed25519PrivateKeyParameters key, Ed25519 computed) {
        this.key = key;
        this.signer = computed.signer(key);
        this.verifyingKey = new VerifyingKey(key.generatePublicKey(), computed);
    }

    /** The same key, computed with so. */
    SigningKey with(Ed25519 computed) {
        return new SigningKey(key, computed);
    }

    public static SigningKey generate() {
        return new SigningKey(new Ed25519PrivateKeyParameters(new SecureRandom()));
    }

    /** The key of this seed, which has {@link #SEED_BYTES} bytes. */
    public static SigningKey ofSeed(byte[] seed) {
        if (seed.length != SEED_BYTES) {
            throw new IllegalArgumentException("an Ed25519 seed has 32 bytes, not " + seed.length);
        }
        return new SigningKey(new Ed25519PrivateKeyParameters(seed));
    }

    /**
     * The key that the text spells.
     *
     * @throws SchemaException {@code key_malformed}
     */
    public static SigningKey parse(Secret text) {
        try {
            byte[] encoded = Base64.getDecoder().decode(text.value().strip());
            if (PrivateKeyFactory.createKey(encoded) instanceof Ed25519PrivateKeyParameters key) {
                return new SigningKey(key);
            }
        } catch (IOException | RuntimeException e) {
            // without the cause: its message may quote the key
            throw malformed();
        }
        throw malformed();
    }

    private static SchemaException malformed() {
        return new SchemaException(
                "key_malformed", "a private key must be Ed25519 as PKCS #8 in base64");
    }

    public Secret text() {
        try {
            byte[] encoded = PrivateKeyInfoFactory.createPrivateKeyInfo(key).getEncoded();
            return new Secret(Base64.getEncoder().encodeToString(encoded));
        } catch (IOException e) {
            throw new SchemaException("key_malformed", "a private key could not be written", e);
        }
    }

    /** The public half. */
    public VerifyingKey verifyingKey() {
        return verifyingKey;
    }

    /** The signature over the bytes: {@link VerifyingKey#SIGNATURE_BYTES} bytes. */
    public byte[] sign(byte[] bytes) {
        return signer.sign(bytes);
    }

    /** Never the key. */
    @Override
    public String toString() {
        return "signing key of " + verifyingKey();
    }
}
