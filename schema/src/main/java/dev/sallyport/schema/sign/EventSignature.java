package dev.sallyport.schema.sign;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.EventCodec;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * Ed25519 (RFC 8032) over an event's exact bytes. The signature is the document's last member; what
 * is signed is the document without that member. So nothing is parsed, ordered or written again to
 * verify it.
 */
public final class EventSignature {
    private static final byte[] BEFORE = ",\"signature\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] AFTER = "\"}".getBytes(StandardCharsets.US_ASCII);
    private static final int SIGNATURE_CHARS = 86;
    private static final int MEMBER_BYTES = BEFORE.length + SIGNATURE_CHARS + AFTER.length;

    private EventSignature() {}

    /**
     * The document with its signature.
     *
     * @param document an event as {@link EventCodec#encode} gives it
     * @throws SchemaException {@code event_too_large}, {@code signature_failed}
     */
    public static byte[] sign(byte[] document, SigningKey key) {
        if (document.length == 0 || document[document.length - 1] != '}') {
            throw new SchemaException("signature_failed", "only a JSON object can be signed");
        }
        byte[] signature = Base64.getUrlEncoder().withoutPadding().encode(key.sign(document));
        byte[] signed = Arrays.copyOf(document, document.length - 1 + MEMBER_BYTES);
        int at = document.length - 1;
        System.arraycopy(BEFORE, 0, signed, at, BEFORE.length);
        at += BEFORE.length;
        System.arraycopy(signature, 0, signed, at, SIGNATURE_CHARS);
        at += SIGNATURE_CHARS;
        System.arraycopy(AFTER, 0, signed, at, AFTER.length);
        return EventCodec.requireSize(signed);
    }

    /** Whether the document ends with a signature that the key made over the rest of it. */
    public static boolean verify(byte[] signed, VerifyingKey key) {
        int memberAt = signed.length - MEMBER_BYTES;
        int signatureAt = memberAt + BEFORE.length;
        if (memberAt < 1
                || !Arrays.equals(signed, memberAt, signatureAt, BEFORE, 0, BEFORE.length)
                || !Arrays.equals(
                        signed,
                        signed.length - AFTER.length,
                        signed.length,
                        AFTER,
                        0,
                        AFTER.length)) {
            return false;
        }
        try {
            byte[] text = Arrays.copyOfRange(signed, signatureAt, signatureAt + SIGNATURE_CHARS);
            byte[] signature = Base64.getUrlDecoder().decode(text);
            if (!Arrays.equals(Base64.getUrlEncoder().withoutPadding().encode(signature), text)) {
                return false; // a second spelling of the same signature would be a second form of
                // the event
            }
            byte[] document = Arrays.copyOf(signed, memberAt + 1);
            document[memberAt] = '}';
            return key.verifies(document, signature);
        } catch (IllegalArgumentException e) {
            return false; // no base64
        }
    }
}
