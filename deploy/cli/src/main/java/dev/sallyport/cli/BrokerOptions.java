package dev.sallyport.cli;

import dev.sallyport.cli.stack.StackDescription;
import dev.sallyport.schema.registry.RegistrySnapshot;
import dev.sallyport.schema.topic.KafkaSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The broker that a command talks to: the local stack's, or one that is named. */
final class BrokerOptions {
    static final Duration REGISTRY_WITHIN = Duration.ofSeconds(15);

    @Mixin DataOption data = new DataOption();

    @Option(
            names = "--kafka",
            paramLabel = "<host:port>",
            description = "The broker; without it, the one of the local stack in --data.")
    @Nullable String bootstrapServers;

    @Option(
            names = "--kafka-property",
            paramLabel = "<name=value>",
            description =
                    "A further client property of Apache Kafka, such as security.protocol=SSL; may be"
                            + " repeated.")
    Map<String, String> properties = new HashMap<>();

    KafkaSettings settings() {
        String servers =
                bootstrapServers == null
                        ? StackDescription.of(data.folder()).kafka()
                        : bootstrapServers;
        return new KafkaSettings(servers, properties);
    }

    /**
     * The registry as it is now.
     *
     * @param clientId what the broker's logs name the reader
     */
    static RegistrySnapshot read(KafkaSettings kafka, String clientId) {
        return RegistrySnapshot.read(kafka, clientId, REGISTRY_WITHIN);
    }
}
