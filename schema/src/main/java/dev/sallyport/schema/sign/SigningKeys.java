package dev.sallyport.schema.sign;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.secret.Secret;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/**
 * Ed25519 keys as text: PKCS #8 for private and SubjectPublicKeyInfo for public ones, both in
 * base64 without line breaks.
 */
public final class SigningKeys {
    private SigningKeys() {}

    public static KeyPair generate() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new SchemaException("key_malformed", "no Ed25519 key could be made", e);
        }
    }

    public static Secret privateText(PrivateKey key) {
        return new Secret(Base64.getEncoder().encodeToString(key.getEncoded()));
    }

    public static String publicText(PublicKey key) {
        return Base64.getEncoder().encodeToString(key.getEncoded());
    }

    /**
     * The key that the text spells.
     *
     * @throws SchemaException {@code key_malformed}
     */
    public static PrivateKey privateKey(Secret text) {
        try {
            return KeyFactory.getInstance("Ed25519")
                    .generatePrivate(new PKCS8EncodedKeySpec(decode(text.value())));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // without the cause: its message may quote the key
            throw new SchemaException(
                    "key_malformed", "a private key must be Ed25519 as PKCS #8 in base64");
        }
    }

    /**
     * The key that the text spells.
     *
     * @throws SchemaException {@code key_malformed}
     */
    public static PublicKey publicKey(String text) {
        try {
            return KeyFactory.getInstance("Ed25519")
                    .generatePublic(new X509EncodedKeySpec(decode(text)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new SchemaException(
                    "key_malformed",
                    "a public key must be Ed25519 as SubjectPublicKeyInfo in base64",
                    e);
        }
    }

    private static byte[] decode(String text) {
        return Base64.getDecoder().decode(text.strip());
    }
}
