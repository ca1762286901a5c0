package dev.sallyport.cli;

import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.registry.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

@Command(
        name = "list",
        description = "Print entries as YAML, in the form that put takes.",
        mixinStandardHelpOptions = true)
final class RegistryListCommand implements Callable<Integer> {
    static final Duration REGISTRY_WITHIN = Duration.ofSeconds(15);

    @Mixin BrokerOptions broker = new BrokerOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Option(
            names = "--tenant",
            description = "Whose entries; without it, every tenant's and the gateways' keys.")
    @Nullable TenantId tenant;

    @Override
    public Integer call() {
        Map<String, JsonNode> entries = new TreeMap<>();
        try (RegistryFeed feed =
                RegistryFeed.start(broker.settings(), "sallyport-registry-list", REGISTRY_WITHIN)) {
            Registry registry = feed.get();
            List<TenantId> tenants =
                    tenant == null
                            ? Stream.concat(
                                            Stream.of(TenantId.PLATFORM),
                                            registry.tenants().map(Tenant::id))
                                    .toList()
                            : List.of(tenant);
            for (TenantId id : tenants) {
                registry.entriesOf(id).forEach((key, entry) -> entries.put(key, json(entry)));
            }
        }
        command.commandLine().getOut().print(new YAMLMapper().writeValueAsString(entries));
        command.commandLine().getOut().flush();
        return 0;
    }

    private static JsonNode json(RegistryEntry entry) {
        return Json.mapper().valueToTree(entry);
    }
}
