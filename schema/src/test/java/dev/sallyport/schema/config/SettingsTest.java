package dev.sallyport.schema.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.topic.KafkaSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    @TempDir Path folder;

    record Listen(@Default("127.0.0.1") String host, @Default("8080") int port) {
        Listen {
            if (port < 0 || port > 65_535) {
                throw new IllegalArgumentException("port must be 0 to 65535");
            }
        }
    }

    record Sample(
            Listen listen,
            @Example("gateway-1") String id,
            KafkaSettingsPart kafka,
            @Example("file:/etc/sallyport/key") SecretReference key,
            @Nullable String note) {}

    record KafkaSettingsPart(
            @Example("localhost:9092") String bootstrapServers,
            @Default("{}") Map<String, String> properties) {}

    private static final String WHOLE =
            "id: g1\nkafka: {bootstrapServers: 'b:9092'}\nkey: env:KEY\n";

    @Test
    void aFileAndDefaultsGiveTheConfiguration() throws IOException {
        Sample sample = load(WHOLE, Map.of());
        assertThat(sample.listen()).isEqualTo(new Listen("127.0.0.1", 8080));
        assertThat(sample.kafka().bootstrapServers()).isEqualTo("b:9092");
        assertThat(sample.note()).isNull();
    }

    @Test
    void theEnvironmentGoesBeforeTheFile() throws IOException {
        Sample sample =
                load(
                        WHOLE,
                        Map.of(
                                "SALLYPORT_SAMPLE_LISTEN_PORT", "9",
                                "SALLYPORT_SAMPLE_KAFKA_BOOTSTRAP_SERVERS", "c:1,d:2",
                                "SALLYPORT_SAMPLE_KAFKA_PROPERTIES", "{security.protocol: SSL}",
                                "PATH", "/bin"));
        assertThat(sample.listen().port()).isEqualTo(9);
        assertThat(sample.kafka())
                .isEqualTo(new KafkaSettingsPart("c:1,d:2", Map.of("security.protocol", "SSL")));
    }

    @Test
    void theEnvironmentAloneIsEnough() {
        Map<String, String> environment =
                Map.of(
                        "SALLYPORT_SAMPLE_ID", "g1",
                        "SALLYPORT_SAMPLE_KAFKA_BOOTSTRAP_SERVERS", "b:9092",
                        "SALLYPORT_SAMPLE_KEY", "env:KEY");
        assertThat(Settings.load(Sample.class, "sample", null, environment).id()).isEqualTo("g1");
    }

    @Test
    void aMissingKeyIsNamedWithAnExample() {
        refused(
                "kafka: {bootstrapServers: 'b:9092'}\nkey: env:KEY\n",
                Map.of(),
                "id is missing",
                "id: gateway-1",
                "SALLYPORT_SAMPLE_ID");
        refused(
                "id: g1\nkey: env:KEY\n",
                Map.of(),
                "kafka.bootstrapServers is missing",
                "localhost:9092");
    }

    @Test
    void anUnknownKeyIsNamed() {
        refused(
                WHOLE + "listn: {port: 1}\n",
                Map.of(),
                "no configuration key listn",
                "listen.port");
        refused(WHOLE + "listen: {prot: 1}\n", Map.of(), "no configuration key listen.prot");
        refused(
                WHOLE,
                Map.of("SALLYPORT_SAMPLE_LISTEN_PROT", "1"),
                "SALLYPORT_SAMPLE_LISTEN_PROT names no configuration key");
    }

    @Test
    void aValueOfTheWrongFormIsNamedWithoutRepeatingIt() {
        refused(
                WHOLE + "listen: {port: eighty}\n",
                Map.of(),
                "listen.port does not have a value of the right form",
                "listen.port: 8080");
        refused(WHOLE + "listen: {port: 70000}\n", Map.of(), "port must be 0 to 65535");
        refused(
                WHOLE.replace("env:KEY", "hunter2"),
                Map.of(),
                "key does not have a value of the right form",
                "file:/etc/sallyport/key");
        assertThatThrownBy(() -> load(WHOLE.replace("env:KEY", "hunter2"), Map.of()))
                .hasMessageNotContaining("hunter2");
        refused(WHOLE + "listen: 8080\n", Map.of(), "listen must be a section");
    }

    @Test
    void aFileThatIsNoYamlIsNamedWithTheLine() {
        refused("id: g1\n  key: 'hunter2\n", Map.of(), "is not YAML, at line");
        refused("- a\n- b\n", Map.of(), "must hold keys with values");
        assertThatThrownBy(() ->
                        Settings.load(
                                Sample.class, "sample", folder.resolve("none.yaml"), Map.of()))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("none.yaml cannot be read");
    }

    @Test
    void everyKeyIsListed() {
        assertThat(Settings.keys(Sample.class, "sample"))
                .extracting(Settings.Key::path)
                .containsExactly(
                        "listen.host",
                        "listen.port",
                        "id",
                        "kafka.bootstrapServers",
                        "kafka.properties",
                        "key",
                        "note");
    }

    @Test
    void kafkaSettingsRefuseAnEmptyBroker() {
        assertThatThrownBy(() -> new KafkaSettings(" ", Map.of()))
                .hasMessageContaining("bootstrapServers");
    }

    private void refused(String yaml, Map<String, String> environment, String... parts) {
        assertThatThrownBy(() -> load(yaml, environment))
                .isInstanceOfSatisfying(
                        SettingsException.class,
                        e -> assertThat(e.code()).isEqualTo("configuration_invalid"))
                .satisfies(e ->
                        assertThat(List.of(parts))
                                .allSatisfy(part -> assertThat(e).hasMessageContaining(part)));
    }

    private Sample load(String yaml, Map<String, String> environment) throws IOException {
        return Settings.load(
                Sample.class,
                "sample",
                Files.writeString(folder.resolve("sample.yaml"), yaml),
                environment);
    }
}
