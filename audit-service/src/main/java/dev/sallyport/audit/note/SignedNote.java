package dev.sallyport.audit.note;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A text with signatures (C2SP signed-note). Nothing in the text may be believed before {@link
 * #signedBy} has said yes.
 *
 * @param text the signed text, with its final newline
 * @param signatures the signatures, in order
 */
public record SignedNote(String text, List<NoteSignature> signatures) {
    /** The longest note that is read, in bytes: room for many witnesses' signatures. */
    public static final int BYTES_MAX = 65_536;

    static final String DASH = "\u2014 ";

    public SignedNote {
        signatures = List.copyOf(signatures);
    }

    /**
     * One signature line.
     *
     * @param name the name of the key
     * @param id the id of the key
     * @param material the base64 of id and signature
     */
    public record NoteSignature(String name, int id, String material) {
        private byte[] signature() {
            byte[] bytes = Base64Text.read(material);
            return Arrays.copyOfRange(bytes, Integer.BYTES, bytes.length);
        }
    }

    /** The note that these bytes spell; a malformed one is refused with the reason. */
    public static SignedNote parse(byte[] bytes) {
        if (bytes.length > BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a note has at most " + BYTES_MAX + " bytes, not " + bytes.length);
        }
        try {
            return parse(
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException malformed) {
            throw new IllegalArgumentException("a note is UTF-8 text", malformed);
        }
    }

    /** The note that this text spells; a malformed one is refused with the reason. */
    public static SignedNote parse(String note) {
        if (note.chars().anyMatch(character -> character < 0x20 && character != '\n')) {
            throw new IllegalArgumentException("a note has no control characters but newlines");
        }
        int blank = note.lastIndexOf("\n\n");
        if (blank < 0 || !note.endsWith("\n") || blank + 2 == note.length()) {
            throw new IllegalArgumentException(
                    "a note is a text, an empty line, and at least one signature line");
        }
        var signatures = new ArrayList<NoteSignature>();
        for (String line : note.substring(blank + 2, note.length() - 1).split("\n", -1)) {
            signatures.add(signature(line));
        }
        return new SignedNote(note.substring(0, blank + 1), signatures);
    }

    private static NoteSignature signature(String line) {
        String[] parts =
                line.startsWith(DASH)
                        ? line.substring(DASH.length()).split(" ", -1)
                        : new String[0];
        if (parts.length != 2) {
            throw new IllegalArgumentException(
                    "a signature line is a dash (U+2014), a key name and base64, separated by spaces");
        }
        byte[] material = Base64Text.read(parts[1]);
        if (material.length <= Integer.BYTES) {
            throw new IllegalArgumentException("the signature of " + parts[0] + " is too short");
        }
        return new NoteSignature(
                KeyName.checked(parts[0]), ByteBuffer.wrap(material).getInt(), parts[1]);
    }

    /**
     * True when this key signed the text. Signatures of other keys are ignored; a wrong signature
     * in the name of this key makes the whole note invalid, even beside a right one.
     */
    public boolean signedBy(VerifierKey key) {
        var own =
                signatures.stream()
                        .filter(line -> line.name().equals(key.name()) && line.id() == key.id())
                        .toList();
        return !own.isEmpty()
                && own.stream().allMatch(line -> key.verifies(text, line.signature()));
    }
}
