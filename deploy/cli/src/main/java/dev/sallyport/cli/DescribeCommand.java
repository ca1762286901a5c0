package dev.sallyport.cli;

import dev.sallyport.cli.policy.EntryText;
import dev.sallyport.cli.policy.PolicyException;
import dev.sallyport.schema.registry.RegistrySnapshot;
import dev.sallyport.schema.registry.RegistrySnapshot.Stored;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "describe",
        description = "Print one entry of the registry with all its members.",
        mixinStandardHelpOptions = true)
final class DescribeCommand implements Callable<Integer> {
    @Mixin BrokerOptions broker = new BrokerOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Parameters(index = "0", paramLabel = "KEY", description = "Such as grant/acme/agents.")
    String key = "";

    @Override
    public Integer call() {
        RegistrySnapshot registry = BrokerOptions.read(broker.settings(), "sallyport-describe");
        Stored stored = registry.get(key);
        if (stored == null) {
            throw new PolicyException("registry_entry_unknown", "the registry has no entry " + key);
        }
        EntryText.describe(stored, command.commandLine().getOut());
        return 0;
    }
}
