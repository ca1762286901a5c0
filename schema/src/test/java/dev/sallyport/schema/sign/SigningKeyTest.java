package dev.sallyport.schema.sign;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.crypto.CryptoProvider;
import dev.sallyport.schema.secret.Secret;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SigningKeyTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final byte[] MESSAGE = "a call".getBytes(UTF_8);

    /** Whatever can compute here. */
    static Stream<Ed25519> computed() {
        return Stream.concat(
                Stream.of(new PortableEd25519()),
                CryptoProvider.chosen().nativeSignatures().map(NativeEd25519::new).stream());
    }

    @ParameterizedTest
    @MethodSource("computed")
    void signsAsRfc8032Says(Ed25519 computed) {
        // section 7.1, TEST 3
        SigningKey key =
                SigningKey.ofSeed(
                                HEX.parseHex(
                                        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"))
                        .with(computed);
        assertThat(key.verifyingKey().raw())
                .asHexString()
                .isEqualToIgnoringCase(
                        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
        byte[] signature = key.sign(HEX.parseHex("af82"));
        assertThat(signature)
                .asHexString()
                .isEqualToIgnoringCase(
                        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
        assertThat(key.verifyingKey().verifies(HEX.parseHex("af82"), signature)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("computed")
    void eachAcceptsWhatTheOtherSigned(Ed25519 computed) {
        SigningKey key = SigningKey.generate();
        byte[] signature = key.with(computed).sign(MESSAGE);
        assertThat(computed())
                .isNotEmpty()
                .allSatisfy(other -> {
                    assertThat(key.with(other).sign(MESSAGE)).isEqualTo(signature);
                    VerifyingKey publicHalf = key.verifyingKey().with(other);
                    assertThat(publicHalf.verifies(MESSAGE, signature)).isTrue();
                    assertThat(publicHalf.verifies(new byte[] {1}, signature)).isFalse();
                });
    }

    @ParameterizedTest
    @MethodSource("computed")
    void thePlatformReadsOurKeysAndVerifiesOurSignatures(Ed25519 computed) throws Exception {
        SigningKey key = SigningKey.generate().with(computed);
        var keys = KeyFactory.getInstance("Ed25519", "SunEC");
        var verifier = Signature.getInstance("Ed25519", "SunEC");
        verifier.initVerify(
                keys.generatePublic(
                        new X509EncodedKeySpec(
                                Base64.getDecoder().decode(key.verifyingKey().text()))));
        verifier.update(MESSAGE);
        assertThat(verifier.verify(key.sign(MESSAGE))).isTrue();

        var signer = Signature.getInstance("Ed25519", "SunEC");
        signer.initSign(
                keys.generatePrivate(
                        new PKCS8EncodedKeySpec(Base64.getDecoder().decode(key.text().value()))));
        signer.update(MESSAGE);
        assertThat(signer.sign()).isEqualTo(key.sign(MESSAGE));
    }

    @Test
    void keysOfThePlatformAndOfOpenSslAreRead() throws Exception {
        var pair = KeyPairGenerator.getInstance("Ed25519", "SunEC").generateKeyPair();
        Base64.Encoder base64 = Base64.getEncoder();
        SigningKey key =
                SigningKey.parse(new Secret(base64.encodeToString(pair.getPrivate().getEncoded())));
        VerifyingKey publicHalf =
                VerifyingKey.parse(base64.encodeToString(pair.getPublic().getEncoded()));
        assertThat(publicHalf.verifies(MESSAGE, key.sign(MESSAGE))).isTrue();
    }

    /** The group's order, added to a signature's second half: RFC 8032 section 5.1.7 refuses it. */
    @ParameterizedTest
    @MethodSource("computed")
    void aSecondSpellingOfASignatureDoesNotVerify(Ed25519 computed) {
        SigningKey key = SigningKey.generate().with(computed);
        byte[] order =
                HEX.parseHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        byte[] second = key.sign(MESSAGE);
        int carry = 0;
        for (int i = 0; i < order.length; i++) {
            int sum = (second[32 + i] & 0xff) + (order[i] & 0xff) + carry;
            second[32 + i] = (byte) sum;
            carry = sum >> 8;
        }
        assertThat(key.verifyingKey().verifies(MESSAGE, second)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("computed")
    void aSignatureThatWasChangedOrCutDoesNotVerify(Ed25519 computed) {
        SigningKey key = SigningKey.generate().with(computed);
        byte[] signature = key.sign(MESSAGE);
        for (int bit = 0; bit < signature.length * 8; bit++) {
            byte[] altered = signature.clone();
            altered[bit / 8] ^= (byte) (1 << (bit % 8));
            assertThat(key.verifyingKey().verifies(MESSAGE, altered)).as("bit %d", bit).isFalse();
        }
        assertThat(key.verifyingKey().verifies(MESSAGE, new byte[0])).isFalse();
        assertThat(key.verifyingKey().verifies(MESSAGE, HEX.parseHex("00".repeat(65)))).isFalse();
    }

    @Test
    void aMalformedKeyIsRefusedWithoutRepeatingIt() {
        assertThatThrownBy(() -> SigningKey.parse(new Secret("c2VjcmV0")))
                .isInstanceOfSatisfying(
                        SchemaException.class, e -> assertThat(e.code()).isEqualTo("key_malformed"))
                .hasMessageNotContaining("c2VjcmV0")
                .hasNoCause();
    }

    @Test
    void aKeyOfAnotherKindIsRefused() throws Exception {
        var other = KeyPairGenerator.getInstance("EC").generateKeyPair();
        Base64.Encoder base64 = Base64.getEncoder();
        assertThatThrownBy(() ->
                        VerifyingKey.parse(base64.encodeToString(other.getPublic().getEncoded())))
                .hasMessageContaining("must be Ed25519");
        assertThatThrownBy(() ->
                        SigningKey.parse(
                                new Secret(base64.encodeToString(other.getPrivate().getEncoded()))))
                .hasMessageContaining("must be Ed25519");
        assertThatIllegalArgumentException().isThrownBy(() -> SigningKey.ofSeed(new byte[31]));
        assertThatIllegalArgumentException().isThrownBy(() -> VerifyingKey.ofRaw(new byte[33]));
    }
}
