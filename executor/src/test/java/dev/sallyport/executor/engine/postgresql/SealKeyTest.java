package dev.sallyport.executor.engine.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.id.CallId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.junit.jupiter.api.Test;

final class SealKeyTest {
    private static final String SECRET =
            "a secret of more than sixty-four bytes, which HMAC hashes first";

    @Test
    void theTwoBlocksMakeTheSameProof() throws Exception {
        CallId call = CallId.next();
        byte[] message = ("settle\n" + call + "\n7\n12345").getBytes(StandardCharsets.UTF_8);
        for (String secret : new String[] {SECRET.substring(0, 32), SECRET + SECRET}) {
            SealKey key = SealKey.of(secret);
            MessageDigest inner = MessageDigest.getInstance("SHA-256");
            inner.update(key.innerBlock());
            MessageDigest outer = MessageDigest.getInstance("SHA-256");
            outer.update(key.outerBlock());

            assertThat(key.mac("settle\n" + call + "\n7\n12345"))
                    .isEqualTo(outer.digest(inner.digest(message)));
        }
    }

    @Test
    void aShortSecretIsRefusedAndNoneIsShown() {
        assertThatThrownBy(() -> SealKey.of("short")).hasMessageContaining("32 bytes");
        assertThat(SealKey.of(SECRET)).hasToString("***");
    }
}
