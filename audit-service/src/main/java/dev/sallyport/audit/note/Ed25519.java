package dev.sallyport.audit.note;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;

/** Ed25519 (RFC 8032) over the platform's provider, with keys in their raw 32-byte form. */
final class Ed25519 {
    static final int KEY_BYTES = 32;
    static final int SIGNATURE_BYTES = 64;

    // the DER headers of RFC 8410 that stand before the raw keys
    private static final byte[] PUBLIC_HEADER = HexFormat.of().parseHex("302a300506032b6570032100");
    private static final byte[] PRIVATE_HEADER =
            HexFormat.of().parseHex("302e020100300506032b657004220420");

    private Ed25519() {}

    static PublicKey publicKey(byte[] raw) {
        requireKeyBytes(raw);
        try {
            return KeyFactory.getInstance("Ed25519")
                    .generatePublic(new X509EncodedKeySpec(concat(PUBLIC_HEADER, raw)));
        } catch (GeneralSecurityException unusable) {
            throw new IllegalArgumentException("no Ed25519 public key", unusable);
        }
    }

    static PrivateKey privateKey(byte[] seed) {
        requireKeyBytes(seed);
        try {
            return KeyFactory.getInstance("Ed25519")
                    .generatePrivate(new PKCS8EncodedKeySpec(concat(PRIVATE_HEADER, seed)));
        } catch (GeneralSecurityException unusable) {
            throw new IllegalArgumentException("no Ed25519 private key", unusable);
        }
    }

    /** The raw public key that belongs to a seed. */
    static byte[] publicOf(byte[] seed) {
        requireKeyBytes(seed);
        try {
            // the platform offers no other way from a seed to its public key: a generator whose
            // randomness is the seed
            var generator = KeyPairGenerator.getInstance("Ed25519");
            generator.initialize(NamedParameterSpec.ED25519, new SeedOnly(seed));
            byte[] encoded = generator.generateKeyPair().getPublic().getEncoded();
            return Arrays.copyOfRange(encoded, PUBLIC_HEADER.length, encoded.length);
        } catch (GeneralSecurityException unusable) {
            throw new IllegalArgumentException("no Ed25519 seed", unusable);
        }
    }

    static byte[] sign(PrivateKey key, byte[] message) {
        try {
            var signature = Signature.getInstance("Ed25519");
            signature.initSign(key);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException unusable) {
            throw new IllegalStateException("Ed25519 cannot sign with this key", unusable);
        }
    }

    static boolean verify(PublicKey key, byte[] message, byte[] signed) {
        try {
            var signature = Signature.getInstance("Ed25519");
            signature.initVerify(key);
            signature.update(message);
            return signature.verify(signed);
        } catch (SignatureException malformed) {
            // a signature of the wrong shape is a wrong signature
            return false;
        } catch (GeneralSecurityException unusable) {
            throw new IllegalStateException("Ed25519 cannot verify with this key", unusable);
        }
    }

    private static void requireKeyBytes(byte[] raw) {
        if (raw.length != KEY_BYTES) {
            throw new IllegalArgumentException("an Ed25519 key has 32 bytes, not " + raw.length);
        }
    }

    private static byte[] concat(byte[] header, byte[] raw) {
        byte[] whole = Arrays.copyOf(header, header.length + raw.length);
        System.arraycopy(raw, 0, whole, header.length, raw.length);
        return whole;
    }

    private static final class SeedOnly extends SecureRandom {
        private final byte[] seed;

        SeedOnly(byte[] seed) {
            this.seed = seed.clone();
        }

        @Override
        public void nextBytes(byte[] bytes) {
            if (bytes.length != seed.length) {
                throw new IllegalStateException(
                        "the generator asked for " + bytes.length + " bytes instead of a seed");
            }
            System.arraycopy(seed, 0, bytes, 0, seed.length);
        }
    }
}
