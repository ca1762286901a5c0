package dev.sallyport.schema.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.secret.Secret;
import java.nio.charset.StandardCharsets;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SealTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final byte[] PLAIN =
            "select * from employees where name = 'Ana'".getBytes(StandardCharsets.UTF_8);

    private final KeyEncryptionKey wrapping = new KeyEncryptionKey(KeyEncryptionKey.generate());
    private final WrappedDataKey wrapped = wrapping.newDataKey(ACME);
    private final DataKey key = wrapping.unwrap(wrapped);
    private final EventId event = EventId.next();

    @Test
    void whatWasSealedOpensAgain() {
        Sealed sealed = key.seal(PLAIN, event, "arguments");
        assertThat(sealed.dataKeyId()).isEqualTo(wrapped.id());
        assertThat(wrapping.unwrap(wrapped).open(new Sealed(sealed.value()), event, "arguments"))
                .isEqualTo(PLAIN);
    }

    @Test
    void sealingTwiceGivesTwoTexts() {
        assertThat(key.seal(PLAIN, event, "arguments"))
                .isNotEqualTo(key.seal(PLAIN, event, "arguments"));
    }

    @Test
    void aSealedFieldCannotBeMovedToAnotherEventOrField() {
        Sealed sealed = key.seal(PLAIN, event, "arguments");
        broken(() -> key.open(sealed, EventId.next(), "arguments"));
        broken(() -> key.open(sealed, event, "name"));
    }

    @Test
    void noCharacterOfASealedFieldCanBeChanged() {
        String text = key.seal(PLAIN, event, "arguments").value();
        for (int i = text.lastIndexOf('.') + 1; i < text.length() - 1; i++) {
            char other = text.charAt(i) == 'A' ? 'B' : 'A';
            Sealed altered = new Sealed(text.substring(0, i) + other + text.substring(i + 1));
            broken(() -> key.open(altered, event, "arguments"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "v1",
                "v1.",
                "v1.k",
                "v1.k.",
                "v1..AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "v1.k.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "v1.k.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "v1.k.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.A",
                "v2.k.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "v1.K.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "v1.-k.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "v1.kä.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            })
    void whatIsNotOfTheFormIsNoSealedField(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Sealed(text));
    }

    @Test
    void aSealedFieldNamesItsKey() {
        String body = "A-z_".repeat(10);
        Sealed longest = new Sealed("v1." + "k".repeat(63) + "." + body);
        assertThat(longest.dataKeyId()).isEqualTo("k".repeat(63));
        assertThat(longest.body()).isEqualTo(body);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Sealed("v1." + "k".repeat(64) + "." + body));
    }

    @Test
    void anotherTenantsKeyDoesNotOpen() {
        DataKey other = wrapping.unwrap(wrapping.newDataKey(ACME));
        Sealed sealed = key.seal(PLAIN, event, "arguments");
        broken(() -> other.open(sealed, event, "arguments"));
        broken(() ->
                other.open(
                        new Sealed(sealed.value().replace(key.id(), other.id())),
                        event,
                        "arguments"));
    }

    @Test
    void aWrappedKeyCannotBeUsedForAnotherTenantNorWithoutItsWrappingKey() {
        broken(() ->
                wrapping.unwrap(
                        new WrappedDataKey(
                                new TenantId("globex"), wrapped.id(), wrapped.wrapped())));
        broken(() -> new KeyEncryptionKey(KeyEncryptionKey.generate()).unwrap(wrapped));
    }

    @Test
    void aDigestDependsOnTheKey() {
        assertThat(key.digest(PLAIN)).isEqualTo(wrapping.unwrap(wrapped).digest(PLAIN)).hasSize(43);
        assertThat(key.digest(PLAIN))
                .isNotEqualTo(wrapping.unwrap(wrapping.newDataKey(ACME)).digest(PLAIN));
    }

    @Test
    void aMalformedWrappingKeyIsRefusedWithoutRepeatingIt() {
        assertThatThrownBy(() -> new KeyEncryptionKey(new Secret("c2hvcnQ=")))
                .isInstanceOfSatisfying(
                        SchemaException.class, e -> assertThat(e.code()).isEqualTo("key_malformed"))
                .hasMessageNotContaining("c2hvcnQ");
    }

    private static void broken(ThrowingCallable opening) {
        assertThatThrownBy(opening)
                .isInstanceOfSatisfying(
                        SchemaException.class, e -> assertThat(e.code()).isEqualTo("seal_broken"));
    }
}
