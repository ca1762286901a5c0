package dev.sallyport.schema.sign;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.EventType;
import dev.sallyport.schema.event.RandomRecords;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EventSignatureTest {
    private final SigningKey key = SigningKey.generate();
    private final byte[] document =
            EventCodec.encode(new RandomRecords(3).event(EventType.CALL_AUTHORIZED));

    @Test
    void aSignedEventVerifiesAndReadsAsTheSameEvent() {
        byte[] signed = EventSignature.sign(document, key);
        assertThat(EventSignature.verify(signed, key.verifyingKey())).isTrue();
        assertThat(EventCodec.decode(signed)).isEqualTo(EventCodec.decode(document));
    }

    @Test
    void noByteCanBeChanged() {
        byte[] signed = EventSignature.sign(document, key);
        for (int i = 0; i < signed.length; i++) {
            byte[] altered = signed.clone();
            altered[i] ^= 1;
            assertThat(EventSignature.verify(altered, key.verifyingKey()))
                    .as("byte %d", i)
                    .isFalse();
        }
    }

    @Test
    void nothingCanBeAddedOrTakenAway() {
        byte[] signed = EventSignature.sign(document, key);
        assertThat(EventSignature.verify(document, key.verifyingKey())).isFalse();
        assertThat(
                        EventSignature.verify(
                                Arrays.copyOf(signed, signed.length - 1), key.verifyingKey()))
                .isFalse();
        assertThat(
                        EventSignature.verify(
                                Arrays.copyOf(signed, signed.length + 1), key.verifyingKey()))
                .isFalse();
        assertThat(
                        EventSignature.verify(
                                EventSignature.sign(signed, SigningKey.generate()),
                                key.verifyingKey()))
                .isFalse();
        assertThat(EventSignature.verify(new byte[0], key.verifyingKey())).isFalse();
    }

    @Test
    void anotherKeyDoesNotVerify() {
        byte[] signed = EventSignature.sign(document, key);
        assertThat(EventSignature.verify(signed, SigningKey.generate().verifyingKey())).isFalse();
    }

    @Test
    void keysSurviveTheirTextForm() {
        SigningKey same = SigningKey.parse(key.text());
        VerifyingKey publicHalf = VerifyingKey.parse(key.verifyingKey().text());
        assertThat(EventSignature.verify(EventSignature.sign(document, same), publicHalf)).isTrue();
    }
}
