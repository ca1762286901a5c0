package dev.sallyport.executor.engine.postgresql;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The key that an executor and a tenant's database share: with it the executor proves to the
 * database on whose behalf a transaction runs (HMAC-SHA256, RFC 2104). It appears in no text.
 */
public final class SealKey {
    /** A key has at least this many bytes. */
    public static final int BYTES_MIN = 32;

    private static final int BLOCK_BYTES = 64;
    private static final byte INNER = 0x36;
    private static final byte OUTER = 0x5c;

    private final byte[] key;

    /** Never used itself, only its copies. */
    private final Mac keyed;

    private SealKey(byte[] key) {
        if (key.length < BYTES_MIN) {
            throw new IllegalArgumentException(
                    "a seal key needs at least "
                            + BYTES_MIN
                            + " bytes, this one has "
                            + key.length);
        }
        this.key = key.clone();
        this.keyed = keyed(key);
    }

    /**
     * The key of that secret.
     *
     * @param secret as the secret store keeps it; its UTF-8 bytes are the key
     * @throws IllegalArgumentException if it has fewer than {@value #BYTES_MIN} bytes
     */
    public static SealKey of(String secret) {
        return new SealKey(secret.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The first of the two blocks that HMAC derives from a key, which is how a database keeps it.
     */
    public byte[] innerBlock() {
        return block(INNER);
    }

    /** The second of the two blocks. */
    public byte[] outerBlock() {
        return block(OUTER);
    }

    /** The HMAC-SHA256 of the message's UTF-8 bytes under this key. */
    byte[] mac(String message) {
        try {
            Mac mac = (Mac) keyed.clone();
            return mac.doFinal(message.getBytes(StandardCharsets.UTF_8));
        } catch (CloneNotSupportedException e) {
            return keyed(key).doFinal(message.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static Mac keyed(byte[] key) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }

    private byte[] block(byte pad) {
        byte[] shortened = key.length > BLOCK_BYTES ? sha256(key) : key;
        byte[] block = Arrays.copyOf(shortened, BLOCK_BYTES);
        for (int i = 0; i < BLOCK_BYTES; i++) {
            block[i] ^= pad;
        }
        return block;
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SealKey that && MessageDigest.isEqual(key, that.key);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(key);
    }

    @Override
    public String toString() {
        return "***";
    }
}
