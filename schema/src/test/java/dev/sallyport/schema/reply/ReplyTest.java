package dev.sallyport.schema.reply;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import org.junit.jupiter.api.Test;

class ReplyTest {
    private static final String RESULT = "{\"rows\":[[\"ana\",\"line\\nbreak\"]]}";

    private final DataKey key = newKey();
    private final CallId call = CallId.next();

    @Test
    void aReplyIsOpenedAsItWasSealed() {
        Reply result =
                Reply.open(Reply.succeeded(RESULT.getBytes(UTF_8), 3).seal(key, call), key, call);
        assertThat(result.ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(new String(result.result(), UTF_8)).isEqualTo(RESULT);

        Reply failure =
                Reply.open(
                        Reply.failed(Ended.FAILED, "sql_error", "no\nsuch column").seal(key, call),
                        key,
                        call);
        assertThat(failure.ended()).isEqualTo(Ended.FAILED);
        assertThat(failure.code()).isEqualTo("sql_error");
        assertThat(failure.message()).isEqualTo("no\nsuch column");
        assertThat(failure.result()).isEmpty();
    }

    @Test
    void theBytesOnTheWayTellNothing() {
        byte[] sealed = Reply.failed(Ended.FAILED, "sql_error", "value 4711").seal(key, call);
        assertThat(new String(sealed, UTF_8))
                .doesNotContain("4711")
                .doesNotContain("sql_error")
                .doesNotContain("failed");
    }

    @Test
    void noByteCanBeChanged() {
        byte[] sealed = Reply.succeeded(RESULT.getBytes(UTF_8), 3).seal(key, call);
        for (int i = 0; i < sealed.length; i++) {
            byte[] altered = sealed.clone();
            altered[i] ^= 1;
            assertBroken(altered, key, call);
        }
        assertBroken(new byte[0], key, call);
        assertBroken(RESULT.getBytes(UTF_8), key, call);
    }

    @Test
    void aReplyToAnotherCallOrUnderAnotherKeyIsNone() {
        byte[] sealed = Reply.succeeded(RESULT.getBytes(UTF_8), 3).seal(key, call);
        assertBroken(sealed, key, CallId.next());
        assertBroken(sealed, newKey(), call);
    }

    private static void assertBroken(byte[] sealed, DataKey key, CallId call) {
        assertThatThrownBy(() -> Reply.open(sealed, key, call))
                .isInstanceOfSatisfying(
                        SchemaException.class, e -> assertThat(e.code()).isEqualTo("seal_broken"));
    }

    private static DataKey newKey() {
        KeyEncryptionKey wrapping = new KeyEncryptionKey(KeyEncryptionKey.generate());
        return wrapping.unwrap(wrapping.newDataKey(new TenantId("acme")));
    }
}
