package dev.sallyport.schema.sign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.EventType;
import dev.sallyport.schema.event.RandomRecords;
import dev.sallyport.schema.secret.Secret;
import java.security.KeyPair;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EventSignatureTest {
    private final KeyPair key = SigningKeys.generate();
    private final byte[] document =
            EventCodec.encode(new RandomRecords(3).event(EventType.CALL_AUTHORIZED));

    @Test
    void aSignedEventVerifiesAndReadsAsTheSameEvent() {
        byte[] signed = EventSignature.sign(document, key.getPrivate());
        assertThat(EventSignature.verify(signed, key.getPublic())).isTrue();
        assertThat(EventCodec.decode(signed)).isEqualTo(EventCodec.decode(document));
    }

    @Test
    void noByteCanBeChanged() {
        byte[] signed = EventSignature.sign(document, key.getPrivate());
        for (int i = 0; i < signed.length; i++) {
            byte[] altered = signed.clone();
            altered[i] ^= 1;
            assertThat(EventSignature.verify(altered, key.getPublic())).as("byte %d", i).isFalse();
        }
    }

    @Test
    void nothingCanBeAddedOrTakenAway() {
        byte[] signed = EventSignature.sign(document, key.getPrivate());
        assertThat(EventSignature.verify(document, key.getPublic())).isFalse();
        assertThat(EventSignature.verify(Arrays.copyOf(signed, signed.length - 1), key.getPublic()))
                .isFalse();
        assertThat(EventSignature.verify(Arrays.copyOf(signed, signed.length + 1), key.getPublic()))
                .isFalse();
        assertThat(
                        EventSignature.verify(
                                EventSignature.sign(signed, SigningKeys.generate().getPrivate()),
                                key.getPublic()))
                .isFalse();
        assertThat(EventSignature.verify(new byte[0], key.getPublic())).isFalse();
    }

    @Test
    void anotherKeyDoesNotVerify() {
        byte[] signed = EventSignature.sign(document, key.getPrivate());
        assertThat(EventSignature.verify(signed, SigningKeys.generate().getPublic())).isFalse();
    }

    @Test
    void keysSurviveTheirTextForm() {
        KeyPair same =
                new KeyPair(
                        SigningKeys.publicKey(SigningKeys.publicText(key.getPublic())),
                        SigningKeys.privateKey(SigningKeys.privateText(key.getPrivate())));
        assertThat(
                        EventSignature.verify(
                                EventSignature.sign(document, same.getPrivate()), key.getPublic()))
                .isTrue();
    }

    @Test
    void aMalformedKeyIsRefusedWithoutRepeatingIt() {
        assertThatThrownBy(() -> SigningKeys.privateKey(new Secret("c2VjcmV0")))
                .isInstanceOfSatisfying(
                        SchemaException.class, e -> assertThat(e.code()).isEqualTo("key_malformed"))
                .hasMessageNotContaining("c2VjcmV0")
                .hasNoCause();
    }
}
