package dev.sallyport.schema.id;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdsTest {
    @Test
    void theSettlingEventOfACallIsAlwaysTheSameAndNotTheCommand() {
        CallId call = CallId.next();
        assertThat(EventId.settledOf(call))
                .isEqualTo(EventId.settledOf(CallId.of(call.toString())));
        assertThat(EventId.settledOf(call))
                .isNotEqualTo(EventId.commandOf(call))
                .isNotEqualTo(EventId.settledOf(CallId.next()));
        assertThat(EventId.settledOf(call).value().version()).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "019a0000-0000-4000-8000-000000000000",
                "19a0000-0-7000-8000-0",
                "019a0000-0000-7000-8000-00000000000g",
                "019a0000+0000-7000-8000-000000000000",
                "019a0000-00000-700-8000-000000000000"
            })
    void onlyAUuidV7IsACallId(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CallId.of(text))
                .withMessageContaining("call id");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-a",
                "a-",
                "Acme",
                "a/b",
                "a.b",
                "a b",
                "..",
                "_a",
                "a_",
                "a\n",
                "aA0",
                "\u00e4",
                "a\u0661b"
            })
    void aNameIsSafeEverywhere(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TenantId(text))
                .withMessageContaining("tenant id");
    }

    @Test
    void aNameMayHave63Characters() {
        assertThat(new TenantId("a".repeat(63)).value()).hasSize(63);
        assertThatIllegalArgumentException().isThrownBy(() -> new TenantId("a".repeat(64)));
    }
}
