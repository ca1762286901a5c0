package dev.sallyport.schema.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.SchemaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest {
    private final Secrets secrets = new Secrets(Map.of("PASSWORD", "hunter2\n"));

    @Test
    void aReferenceLeadsToTheEnvironmentOrAFileAndSeesARotation(@TempDir Path folder)
            throws IOException {
        assertThat(secrets.resolve(new SecretReference("env:PASSWORD")).value())
                .isEqualTo("hunter2");
        Path file = Files.writeString(folder.resolve("password"), "first");
        SecretReference reference = new SecretReference("file:" + file);
        assertThat(secrets.resolve(reference).value()).isEqualTo("first");
        Files.writeString(file, "second");
        assertThat(secrets.resolve(reference).value()).isEqualTo("second");
    }

    @Test
    void aReferenceThatLeadsNowhereIsNamed(@TempDir Path folder) {
        for (String reference : new String[] {"env:NOTHING", "file:" + folder.resolve("nothing")}) {
            assertThatThrownBy(() -> secrets.resolve(new SecretReference(reference)))
                    .isInstanceOfSatisfying(
                            SchemaException.class,
                            e -> assertThat(e.code()).isEqualTo("secret_unavailable"))
                    .hasMessageContaining(reference);
        }
    }

    @Test
    void aSecretWrittenInPlaceOfAReferenceIsNotRepeated() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SecretReference("hunter2"))
                .withMessageNotContaining("hunter2");
        assertThat(new Secret("hunter2")).hasToString("***");
    }
}
