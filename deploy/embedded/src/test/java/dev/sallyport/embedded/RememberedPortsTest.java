package dev.sallyport.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RememberedPortsTest {

    @Test
    void aFreePortIsChosenOnceAndUsedAgain(@TempDir Path folder) {
        RememberedPorts first = new RememberedPorts(folder);
        int kafka = first.port("kafka");
        assertThat(first.port("controller")).isNotEqualTo(kafka);
        assertThat(new RememberedPorts(folder).port("kafka")).isEqualTo(kafka);
    }

    @Test
    void aPortThatWasTakenMeanwhileIsReplacedForGood(@TempDir Path folder) throws Exception {
        int remembered = new RememberedPorts(folder).port("kafka");
        int replacement;
        try (ServerSocket stranger =
                new ServerSocket(remembered, 1, InetAddress.getLoopbackAddress())) {
            assertThat(stranger.isBound()).isTrue();
            replacement = new RememberedPorts(folder).port("kafka");
            assertThat(replacement).isNotEqualTo(remembered);
        }
        assertThat(new RememberedPorts(folder).port("kafka")).isEqualTo(replacement);
    }

    @Test
    void aPortOutsideOfAnyRangeIsReplacedAndAnUnreadableFileIsNamed(@TempDir Path folder)
            throws Exception {
        Path file = folder.resolve("ports.properties");
        Files.writeString(file, "kafka=seventy\noauth=99999\n");
        assertThat(new RememberedPorts(folder).port("kafka")).isBetween(20_000, 32_000);
        assertThat(new RememberedPorts(folder).port("oauth")).isBetween(20_000, 32_000);
        Files.writeString(file, "kafka=\\u00zz\n");
        assertThatThrownBy(() -> new RememberedPorts(folder).port("kafka"))
                .isInstanceOf(EmbeddedException.class)
                .hasMessageContaining(file.toString());
    }
}
