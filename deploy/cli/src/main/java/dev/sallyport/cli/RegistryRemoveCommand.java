package dev.sallyport.cli;

import dev.sallyport.cli.stack.StackException;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.topic.KafkaSettings;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "remove",
        description = "Remove an entry: a grant, a database, a tenant, or a gateway's key.",
        mixinStandardHelpOptions = true)
final class RegistryRemoveCommand implements Callable<Integer> {
    private static final Set<String> KINDS = Set.of("tenant", "database", "grant", "key");

    @Mixin BrokerOptions broker = new BrokerOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Parameters(index = "0", paramLabel = "KEY", description = "Such as grant/acme/agents.")
    String key = "";

    @Override
    public Integer call() {
        String[] parts = key.split("/", -1);
        if (parts.length < 2 || !KINDS.contains(parts[0])) {
            throw new StackException(
                    "registry_entry_refused",
                    "what can be removed starts with tenant/, database/, grant/ or key/: " + key);
        }
        KafkaSettings kafka = broker.settings();
        TenantId tenant = tenantOf(parts);
        try (RegistryFeed feed =
                RegistryFeed.start(
                        kafka, "sallyport-registry-remove", RegistryListCommand.REGISTRY_WITHIN)) {
            if (!feed.get().entriesOf(tenant).containsKey(key)) {
                throw new StackException(
                        "registry_entry_unknown", "the registry has no entry " + key);
            }
        }
        try (RegistryWriter writer =
                new RegistryWriter(kafka, InstantSource.system(), "sallyport registry remove")) {
            writer.remove(tenant, key);
        }
        command.commandLine().getOut().println("removed " + key);
        return 0;
    }

    private TenantId tenantOf(String[] parts) {
        if (parts[0].equals("key")) {
            return TenantId.PLATFORM;
        }
        try {
            return new TenantId(parts[1]);
        } catch (IllegalArgumentException e) {
            throw new StackException("registry_entry_refused", key + ": " + e.getMessage(), e);
        }
    }
}
