package dev.sallyport.cli;

import dev.sallyport.cli.stack.StackException;
import dev.sallyport.schema.registry.DataKeyEntry;
import dev.sallyport.schema.registry.RegistryCodec;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.registry.Suspension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

@Command(
        name = "put",
        description = {
            "Put the entries of a YAML file, each in place of one with the same key.",
            "A file as @|bold registry list|@ prints it: keys such as database/acme/shop, and under"
                    + " each its members. Nothing is changed unless every entry is right."
        },
        mixinStandardHelpOptions = true)
final class RegistryPutCommand implements Callable<Integer> {
    @Mixin BrokerOptions broker = new BrokerOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Parameters(index = "0", paramLabel = "FILE", description = "The entries as YAML.")
    Path file = Path.of("");

    @Override
    public Integer call() {
        List<RegistryEntry> entries = new ArrayList<>();
        for (Map.Entry<String, JsonNode> member : read(file).properties()) {
            RegistryEntry entry = RegistryCodec.fromPerson(member.getKey(), member.getValue());
            switch (entry) {
                case Suspension _ ->
                        throw refused(member.getKey(), "the monitor suspends, reinstate ends it");
                case DataKeyEntry _ ->
                        throw refused(member.getKey(), "an older key in its place would lose data");
                default -> entries.add(entry);
            }
        }
        try (RegistryWriter writer =
                new RegistryWriter(
                        broker.settings(), InstantSource.system(), "sallyport registry put")) {
            writer.putAll(entries);
        }
        entries.forEach(entry -> command.commandLine().getOut().println("put " + entry.key()));
        return 0;
    }

    private static StackException refused(String key, String why) {
        return new StackException("registry_entry_refused", key + " cannot be put: " + why);
    }

    private static JsonNode read(Path file) {
        try {
            JsonNode read =
                    YAMLMapper.builder()
                            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                            .build()
                            .readTree(Files.readString(file));
            if (!read.isObject() || read.isEmpty()) {
                throw new StackException(
                        "registry_malformed",
                        file + " must hold entries by key, such as tenant/acme");
            }
            return read;
        } catch (IOException e) {
            throw new StackException("file_unreadable", file + " cannot be read: " + e, e);
        } catch (JacksonException e) {
            throw new StackException(
                    "registry_malformed", file + " is no YAML: " + e.getOriginalMessage(), e);
        }
    }
}
