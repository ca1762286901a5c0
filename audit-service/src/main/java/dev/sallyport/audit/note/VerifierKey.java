package dev.sallyport.audit.note;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The public half of a note key. Its text form is the <i>vkey</i> of C2SP signed-note: {@code
 * <name>+<id in hex>+<base64 of 0x01 and the key>}.
 */
public final class VerifierKey {
    private final String name;
    private final byte[] publicKey;

    VerifierKey(String name, byte[] publicKey) {
        this.name = KeyName.checked(name);
        this.publicKey = publicKey.clone();
        if (publicKey.length != Ed25519.KEY_BYTES) {
            throw new IllegalArgumentException(
                    "an Ed25519 key has 32 bytes, not " + publicKey.length);
        }
    }

    /**
     * The key that a vkey spells; a malformed vkey, a wrong id or another signature type is
     * refused.
     */
    public static VerifierKey parse(String vkey) {
        // base64 may contain plus signs, a name may not: only the first two separate
        String[] parts = vkey.strip().split("\\+", 3);
        if (parts.length != 3) {
            throw new IllegalArgumentException(
                    "a verifier key looks like name+12345678+base64 (example: example.com/log/acme+530d903a+Aekyef...)");
        }
        byte[] material = Base64Text.read(parts[2]);
        if (material.length != 1 + Ed25519.KEY_BYTES || material[0] != KeyName.ED25519) {
            throw new IllegalArgumentException(
                    "the verifier key of " + parts[0] + " is no Ed25519 key");
        }
        var key = new VerifierKey(parts[0], Arrays.copyOfRange(material, 1, material.length));
        if (!key.hexId().equals(parts[1])) {
            throw new IllegalArgumentException(
                    "the verifier key of "
                            + parts[0]
                            + " has the id "
                            + key.hexId()
                            + ", not "
                            + parts[1]);
        }
        return key;
    }

    /** The name of the key. */
    public String name() {
        return name;
    }

    /** The key id that signatures carry beside the name. */
    public int id() {
        return KeyName.id(name, publicKey);
    }

    /**
     * The same public key under another name, hence with another id: one service key speaks for
     * each of its logs.
     */
    public VerifierKey named(String other) {
        return new VerifierKey(other, publicKey);
    }

    /** True when the signature over the text was made with the private half of this key. */
    boolean verifies(String text, byte[] signature) {
        return Ed25519.verify(
                Ed25519.publicKey(publicKey), text.getBytes(StandardCharsets.UTF_8), signature);
    }

    /** The vkey. */
    @Override
    public String toString() {
        byte[] material = new byte[1 + publicKey.length];
        material[0] = KeyName.ED25519;
        System.arraycopy(publicKey, 0, material, 1, publicKey.length);
        return name + "+" + hexId() + "+" + Base64Text.write(material);
    }

    private String hexId() {
        return HexFormat.of().toHexDigits(id());
    }
}
