package dev.sallyport.audit.note;

import dev.sallyport.schema.sign.VerifyingKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The public half of a note key. Its text form is the <i>vkey</i> of C2SP signed-note: {@code
 * <name>+<id in hex>+<base64 of 0x01 and the key>}.
 */
public final class VerifierKey {
    private final String name;
    private final VerifyingKey key;

    VerifierKey(String name, VerifyingKey key) {
        this.name = KeyName.checked(name);
        this.key = key;
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
        if (material.length != 1 + VerifyingKey.RAW_BYTES || material[0] != KeyName.ED25519) {
            throw new IllegalArgumentException(
                    "the verifier key of " + parts[0] + " is no Ed25519 key");
        }
        var key =
                new VerifierKey(
                        parts[0],
                        VerifyingKey.ofRaw(Arrays.copyOfRange(material, 1, material.length)));
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
        return KeyName.id(name, key.raw());
    }

    /**
     * The same public key under another name, hence with another id: one service key speaks for
     * each of its logs.
     */
    public VerifierKey named(String other) {
        return new VerifierKey(other, key);
    }

    /** True when the signature over the text was made with the private half of this key. */
    boolean verifies(String text, byte[] signature) {
        return key.verifies(text.getBytes(StandardCharsets.UTF_8), signature);
    }

    /** The vkey. */
    @Override
    public String toString() {
        byte[] raw = key.raw();
        byte[] material = new byte[1 + raw.length];
        material[0] = KeyName.ED25519;
        System.arraycopy(raw, 0, material, 1, raw.length);
        return name + "+" + hexId() + "+" + Base64Text.write(material);
    }

    private String hexId() {
        return HexFormat.of().toHexDigits(id());
    }
}
