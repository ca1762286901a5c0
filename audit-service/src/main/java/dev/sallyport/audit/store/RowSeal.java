package dev.sallyport.audit.store;

import dev.sallyport.audit.note.NoteSigner;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals rows, so that the service tells those that it wrote itself from those that somebody else
 * inserted with its database role: an HMAC-SHA256 (RFC 2104), cut to 16 bytes, under a key that the
 * database does not hold.
 */
public final class RowSeal {
    /** The length of a seal. */
    public static final int BYTES = 16;

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    private RowSeal(byte[] key) {
        this.key = new SecretKeySpec(key, ALGORITHM);
    }

    /** The seals of the service that signs with this key. */
    public static RowSeal of(NoteSigner signer) {
        return new RowSeal(signer.derived("sallyport audit row seal v1"));
    }

    /**
     * The seal of a row.
     *
     * @param purpose what the seal stands for; no two kinds of seals have the same
     * @param name a text of the row
     * @param numbers the numbers of the row
     */
    public byte[] of(String purpose, String name, long... numbers) {
        var mac = mac();
        add(mac, purpose.getBytes(StandardCharsets.UTF_8));
        add(mac, name.getBytes(StandardCharsets.UTF_8));
        for (long number : numbers) {
            mac.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
        }
        return Arrays.copyOf(mac.doFinal(), BYTES);
    }

    /** Whether the two seals are the same; how far they agree takes no time to be seen. */
    public static boolean same(byte[] one, byte[] other) {
        return MessageDigest.isEqual(one, other);
    }

    private static void add(Mac mac, byte[] text) {
        // with its length, so that no two rows can be taken for one
        mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(text.length).flip());
        mac.update(text);
    }

    private Mac mac() {
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac;
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, missing);
        }
    }

    /** Never the key. */
    @Override
    public String toString() {
        return "row seal";
    }
}
