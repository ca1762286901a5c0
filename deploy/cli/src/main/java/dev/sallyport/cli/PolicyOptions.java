package dev.sallyport.cli;

import dev.sallyport.cli.policy.PolicyFiles;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistrySnapshot;
import dev.sallyport.schema.registry.RegistrySnapshot.Stored;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The policy that a command looks at: what files say, or the registry as it is now. */
final class PolicyOptions {
    @Mixin BrokerOptions broker = new BrokerOptions();

    @Option(
            names = {"-f", "--file"},
            paramLabel = "<file>",
            description =
                    "A YAML file of entries, a folder of them, or - for the standard input; may be"
                            + " repeated. Without it, the registry as it is now.")
    List<String> files = new ArrayList<>();

    /**
     * All entries.
     *
     * @param places where each stands, by key: in a file, or in the registry
     */
    record Policy(Collection<RegistryEntry> entries, Map<String, String> places) {
        /** How messages name an entry. */
        String named(String key) {
            String place = places.get(key);
            return place == null ? key : place + ": " + key;
        }
    }

    /** Reads it. */
    Policy read(String clientId) {
        if (!files.isEmpty()) {
            PolicyFiles written = PolicyFiles.read(files, System.in);
            Map<String, String> places = new TreeMap<>();
            written.entries().forEach((key, entry) -> places.put(key, entry.place()));
            return new Policy(written.all(), places);
        }
        RegistrySnapshot registry = BrokerOptions.read(broker.settings(), clientId);
        return new Policy(
                registry.entries().values().stream().map(Stored::entry).toList(), Map.of());
    }
}
