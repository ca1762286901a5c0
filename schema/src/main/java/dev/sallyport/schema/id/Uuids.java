package dev.sallyport.schema.id;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.UUID;

/** UUIDv7 (RFC 9562 section 5.7). */
final class Uuids {
    /** Within a millisecond ids grow too: whatever is made later here sorts later. */
    private static final TimeBasedEpochGenerator GENERATOR = Generators.timeBasedEpochGenerator();

    private static final int UUID_CHARS = 36;
    private static final long RANDOM_OF_MOST = 0x0FFFL;
    private static final long RANDOM_OF_LEAST = 0x3FFF_FFFF_FFFF_FFFFL;

    private Uuids() {}

    static UUID next() {
        return GENERATOR.generate();
    }

    static UUID parse(String what, String text) {
        if (!wellFormed(text)) {
            throw new IllegalArgumentException(what + " must be a UUID of 36 characters");
        }
        return UUID.fromString(text);
    }

    /** {@link UUID#fromString} alone also takes groups that are too short. */
    private static boolean wellFormed(String text) {
        if (text.length() != UUID_CHARS) {
            return false;
        }
        for (int i = 0; i < UUID_CHARS; i++) {
            char c = text.charAt(i);
            boolean hyphen = i == 8 || i == 13 || i == 18 || i == 23;
            if (hyphen ? c != '-' : !HexFormat.isHexDigit(c)) {
                return false;
            }
        }
        return true;
    }

    static void requireVersion7(String what, UUID value) {
        if (value.version() != 7 || value.variant() != 2) {
            throw new IllegalArgumentException(what + " must be a UUIDv7: " + value);
        }
    }

    /** When a UUIDv7 was made: its first 48 bits are milliseconds. */
    static Instant at(UUID value) {
        return Instant.ofEpochMilli(value.getMostSignificantBits() >>> Short.SIZE);
    }

    /** A UUIDv7 of the same instant whose random bits follow from the other and the purpose. */
    static UUID derived(UUID from, String purpose) {
        byte[] hash = sha256(from, purpose);
        ByteBuffer random = ByteBuffer.wrap(hash);
        long most =
                (from.getMostSignificantBits() & ~RANDOM_OF_MOST)
                        | (random.getLong() & RANDOM_OF_MOST);
        long least =
                (from.getLeastSignificantBits() & ~RANDOM_OF_LEAST)
                        | (random.getLong() & RANDOM_OF_LEAST);
        return new UUID(most, least);
    }

    private static byte[] sha256(UUID from, String purpose) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(
                    ByteBuffer.allocate(16)
                            .putLong(from.getMostSignificantBits())
                            .putLong(from.getLeastSignificantBits())
                            .flip());
            return digest.digest(purpose.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
