package dev.sallyport.audit.note;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TreeHead;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NoteTest {
    /** The example of the specification. */
    private static final String VKEY =
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    private static final String NOTE =
            """
            This is an example message.

            \u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
            """;

    private final NoteSigner signer =
            NoteSigner.parse(NoteSigner.generate("example.com/log", new SecureRandom()));

    @Test
    void theExampleOfTheSpecificationVerifies() {
        var note = SignedNote.parse(NOTE);

        assertThat(note.text()).isEqualTo("This is an example message.\n");
        assertThat(note.signedBy(VerifierKey.parse(VKEY))).isTrue();
        assertThat(VerifierKey.parse(VKEY)).hasToString(VKEY);
    }

    @Test
    void everyChangedByteOfTheExampleIsNoticed() {
        byte[] bytes = NOTE.getBytes(StandardCharsets.UTF_8);
        var key = VerifierKey.parse(VKEY);
        for (int at = 0; at < bytes.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = bytes.clone();
                changed[at] ^= (byte) (1 << bit);

                assertThat(verifies(changed, key)).as("byte %d, bit %d", at, bit).isFalse();
            }
        }
    }

    @Test
    void whatASignerSignsItsPublicHalfVerifies() {
        var checkpoint =
                new Checkpoint("example.com/log/acme", new TreeHead(17, Hash.ofEmptyTree()));

        var note = SignedNote.parse(signer.named("example.com/log/acme").sign(checkpoint.text()));

        assertThat(note.signedBy(signer.verifier().named("example.com/log/acme"))).isTrue();
        assertThat(note.signedBy(signer.verifier())).isFalse();
        assertThat(Checkpoint.parse(note.text())).isEqualTo(checkpoint);
    }

    @Test
    void signaturesOfOthersAreIgnoredAndAWrongOneInTheKeysNameSpoilsTheNote() {
        var other =
                NoteSigner.parse(NoteSigner.generate("example.com/witness", new SecureRandom()));
        String text = "text\n";
        String own = signer.sign(text);
        String witness = other.sign(text).substring(text.length() + 1);
        String wrong = signer.sign("other\n").substring("other\n".length() + 1);

        assertThat(SignedNote.parse(own + witness).signedBy(signer.verifier())).isTrue();
        assertThat(SignedNote.parse(own + wrong).signedBy(signer.verifier())).isFalse();
        assertThat(SignedNote.parse(other.sign(text)).signedBy(signer.verifier())).isFalse();
    }

    @Test
    void theKeyOfASignerIsReadBackAndNeverShown() {
        String key = NoteSigner.generate("example.com/log", new SecureRandom());

        var read = NoteSigner.parse(key);

        assertThat(SignedNote.parse(read.sign("x\n")).signedBy(read.verifier())).isTrue();
        assertThat(read).hasToString("signer example.com/log");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NoteSigner.parse(key.substring(0, key.length() - 3)))
                .satisfies(refused ->
                        assertThat(refused.getMessage()).doesNotContain(key.substring(50, 60)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a+b",
                "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                "foo+00000000+Ag=="
            })
    void aMalformedVerifierKeyIsRefused(String vkey) {
        assertThatIllegalArgumentException().isThrownBy(() -> VerifierKey.parse(vkey));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "o\n1\n",
                "o\n01\nAAAA\n",
                "o\n-1\nAAAA\n",
                "o\n1\nAAAA\n",
                "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
            })
    void aMalformedCheckpointIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Checkpoint.parse(text));
    }

    @Test
    void aProofIsReadAsItWasWritten() {
        var proof =
                new TlogProof(
                        17,
                        List.of(Hash.ofEmptyTree(), Hash.ofLeaf(new byte[0])),
                        signer.sign("o\n18\nx\n"));

        assertThat(TlogProof.parse(proof.text())).isEqualTo(proof);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlogProof.parse(proof.text().replace("index 17", "index 017")));
        assertThatIllegalArgumentException().isThrownBy(() -> TlogProof.parse("nonsense"));
    }

    private static boolean verifies(byte[] note, VerifierKey key) {
        try {
            return SignedNote.parse(note).signedBy(key);
        } catch (IllegalArgumentException refused) {
            return false;
        }
    }
}
