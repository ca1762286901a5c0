package dev.sallyport.audit.note;

import dev.sallyport.schema.sign.SigningKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs notes with an Ed25519 key. The key's text form is the one that Go's note tools use: {@code
 * PRIVATE+KEY+<name>+<id in hex>+<base64 of 0x01 and the 32-byte seed>}.
 */
public final class NoteSigner {
    private static final String PREFIX = "PRIVATE+KEY+";

    private final VerifierKey verifier;
    private final SigningKey key;
    private final byte[] seed;

    private NoteSigner(VerifierKey verifier, SigningKey key, byte[] seed) {
        this.verifier = verifier;
        this.key = key;
        this.seed = seed;
    }

    /** The signer whose key this text holds; the message of a refusal never quotes the key. */
    public static NoteSigner parse(String text) {
        String[] parts =
                text.strip().startsWith(PREFIX)
                        ? text.strip().substring(PREFIX.length()).split("\\+", 3)
                        : new String[0];
        if (parts.length != 3) {
            throw new IllegalArgumentException(
                    "a signing key looks like PRIVATE+KEY+name+12345678+base64");
        }
        byte[] material = Base64Text.read(parts[2]);
        if (material.length != 1 + SigningKey.SEED_BYTES || material[0] != KeyName.ED25519) {
            throw new IllegalArgumentException(
                    "the signing key of " + parts[0] + " is no Ed25519 key");
        }
        byte[] seed = Arrays.copyOfRange(material, 1, material.length);
        var key = SigningKey.ofSeed(seed);
        var signer = new NoteSigner(new VerifierKey(parts[0], key.verifyingKey()), key, seed);
        if (!signer.hexId().equals(parts[1])) {
            throw new IllegalArgumentException(
                    "the signing key of "
                            + parts[0]
                            + " has the id "
                            + signer.hexId()
                            + ", not "
                            + parts[1]);
        }
        return signer;
    }

    /** The text form of a new key with this name. It is a secret. */
    public static String generate(String name, SecureRandom random) {
        byte[] seed = new byte[SigningKey.SEED_BYTES];
        random.nextBytes(seed);
        int id = KeyName.id(KeyName.checked(name), SigningKey.ofSeed(seed).verifyingKey().raw());
        byte[] material = new byte[1 + seed.length];
        material[0] = KeyName.ED25519;
        System.arraycopy(seed, 0, material, 1, seed.length);
        return PREFIX
                + name
                + "+"
                + HexFormat.of().toHexDigits(id)
                + "+"
                + Base64Text.write(material);
    }

    /** The public half. */
    public VerifierKey verifier() {
        return verifier;
    }

    /** The same key under another name. */
    public NoteSigner named(String name) {
        return new NoteSigner(verifier.named(name), key, seed);
    }

    /**
     * A secret of 32 bytes for one other purpose, from which the key does not follow: HMAC-SHA256
     * of the purpose under the key's seed.
     */
    public byte[] derived(String purpose) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(seed, "HmacSHA256"));
            return mac.doFinal(purpose.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException("every Java platform has HmacSHA256", missing);
        }
    }

    /** The note with this text, which ends in a newline, and one signature. */
    public String sign(String text) {
        if (!text.endsWith("\n")) {
            throw new IllegalArgumentException("the text of a note ends in a newline");
        }
        byte[] signature = key.sign(text.getBytes(StandardCharsets.UTF_8));
        var line =
                ByteBuffer.allocate(Integer.BYTES + signature.length)
                        .putInt(verifier.id())
                        .put(signature);
        return text
                + "\n"
                + SignedNote.DASH
                + verifier.name()
                + " "
                + Base64Text.write(line.array())
                + "\n";
    }

    /** Never the key. */
    @Override
    public String toString() {
        return "signer " + verifier.name();
    }

    private String hexId() {
        return HexFormat.of().toHexDigits(verifier.id());
    }
}
