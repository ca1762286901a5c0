package dev.sallyport.schema.crypto;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sallyport.schema.sign.SigningKey;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.Security;
import java.security.Signature;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CryptoProviderTest {
    private static final String CORRETTO = "AmazonCorrettoCryptoProvider";
    private static final byte[] SEED = new byte[SigningKey.SEED_BYTES];
    private static final byte[] MESSAGE = "a call".getBytes(UTF_8);

    @Test
    void theNativeProviderIsUsedWhereItIsBuiltFor() throws Exception {
        assumeThat(System.getProperty("os.name") + " " + System.getProperty("os.arch"))
                .isEqualTo("Linux amd64");
        CryptoProvider chosen = CryptoProvider.chosen();
        assertThat(chosen.nativeSignatures()).isPresent();
        assertThat(chosen).hasToString(CORRETTO + " 2.5.0");
        // tokens are verified by whoever the JDK names
        assertThat(Signature.getInstance("SHA256withRSA").getProvider().getName())
                .isEqualTo(CORRETTO);
        assertThat(Signature.getInstance("SHA256withECDSA").getProvider().getName())
                .isEqualTo(CORRETTO);
    }

    @Test
    void whatTheJdkIsBestAtStaysWithTheJdk() throws Exception {
        CryptoProvider chosen = CryptoProvider.chosen();
        assertThat(chosen.aesGcm().getProvider().getName()).isEqualTo("SunJCE");
        assertThat(chosen.hmacSha256().getProvider().getName()).isEqualTo("SunJCE");
        assertThat(MessageDigest.getInstance("SHA-256").getProvider().getName()).isEqualTo("SUN");
        assertThat(new SecureRandom().getProvider().getName()).isEqualTo("SUN");
    }

    @Test
    void aProviderThatCannotBeLoadedIsDoneWithout() {
        for (Error missing :
                List.of(new NoClassDefFoundError("gone"), new UnsatisfiedLinkError())) {
            var portable =
                    CryptoProvider.choose(
                            "",
                            () -> {
                                throw missing;
                            });
            assertThat(portable.nativeSignatures()).isEmpty();
            assertThat(portable).hasToString("Bouncy Castle and the JDK");
        }
    }

    @Test
    void portableLoadsNothing() {
        var portable =
                CryptoProvider.choose(
                        "portable",
                        () -> {
                            throw new AssertionError("loaded");
                        });
        assertThat(portable.nativeSignatures()).isEmpty();
    }

    @Test
    void anUnknownWishIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CryptoProvider.choose("fast", () -> Security.getProviders()[0]))
                .withMessageContaining("fast");
    }

    @Test
    void aProcessWithoutTheNativeProviderMakesTheSameSignatures() throws Exception {
        String expected = HexFormat.of().formatHex(SigningKey.ofSeed(SEED).sign(MESSAGE));
        List<String> everything =
                List.of(System.getProperty("java.class.path").split(File.pathSeparator));
        List<String> without =
                everything.stream().filter(path -> !path.contains(CORRETTO)).toList();
        assertThat(without).hasSizeLessThan(everything.size());
        List<String> portable =
                List.of("Bouncy Castle and the JDK", "SunRsaSign", "SunEC", expected);

        assertThat(answersOf(without)).isEqualTo(portable);
        assertThat(answersOf(everything, "-D" + CryptoProvider.PROPERTY + "=portable"))
                .isEqualTo(portable);
        // a temporary folder that takes no library
        assertThat(answersOf(everything, "-Djava.io.tmpdir=/proc")).isEqualTo(portable);
    }

    /** What {@link Answers} prints in a process of its own. */
    private static List<String> answersOf(List<String> classPath, String... options)
            throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(
                List.of(
                        "-cp",
                        String.join(File.pathSeparator, classPath),
                        Answers.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var output = process.inputReader(UTF_8)) {
            List<String> lines = output.lines().toList();
            assertThat(process.waitFor()).as("%s", lines).isZero();
            return lines.stream()
                    .filter(line -> line.startsWith(Answers.MARK))
                    .map(line -> line.substring(Answers.MARK.length()))
                    .toList();
        }
    }

    /** Run as a process of its own. */
    static final class Answers {
        static final String MARK = "answer: ";

        private Answers() {}

        public static void main(String[] args) throws Exception {
            byte[] signature = SigningKey.ofSeed(SEED).sign(MESSAGE);
            if (!SigningKey.ofSeed(SEED).verifyingKey().verifies(MESSAGE, signature)) {
                throw new AssertionError("not verified");
            }
            System.out.print(
                    Stream.of(
                                    CryptoProvider.chosen(),
                                    Signature.getInstance("SHA256withRSA").getProvider().getName(),
                                    KeyPairGenerator.getInstance("EC").getProvider().getName(),
                                    HexFormat.of().formatHex(signature))
                            .map(answer -> MARK + answer + "\n")
                            .collect(Collectors.joining()));
        }
    }
}
