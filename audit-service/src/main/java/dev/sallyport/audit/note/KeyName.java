package dev.sallyport.audit.note;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Names and ids of note keys, as C2SP signed-note prescribes. */
final class KeyName {
    /** The signature type of plain Ed25519 signatures. */
    static final byte ED25519 = 1;

    private KeyName() {}

    static String checked(String name) {
        if (name.isEmpty()
                || name.contains("+")
                || name.codePoints().anyMatch(KeyName::spaceOrControl)) {
            throw new IllegalArgumentException(
                    "a key name is not empty and has no space, control character or plus sign: '"
                            + name
                            + "'");
        }
        return name;
    }

    /** The first four bytes of {@code SHA-256(name || 0x0A || signature type || public key)}. */
    static int id(String name, byte[] publicKey) {
        try {
            var sha = MessageDigest.getInstance("SHA-256");
            sha.update(name.getBytes(StandardCharsets.UTF_8));
            sha.update((byte) '\n');
            sha.update(ED25519);
            return ByteBuffer.wrap(sha.digest(publicKey)).getInt();
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java platform has SHA-256", missing);
        }
    }

    private static boolean spaceOrControl(int character) {
        return Character.isWhitespace(character)
                || Character.isSpaceChar(character)
                || character < 0x20;
    }
}
