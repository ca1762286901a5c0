package dev.sallyport.cli;

import dev.sallyport.cli.policy.Difference;
import dev.sallyport.cli.policy.EntryText;
import dev.sallyport.cli.policy.PolicySchema;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistrySnapshot;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "export",
        description = {
            "Print tenants, databases, grants and gateways' keys as a file that apply takes.",
            "Suspensions and data keys are left out: nobody applies them."
        },
        mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
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
        RegistrySnapshot registry = BrokerOptions.read(broker.settings(), "sallyport-export");
        var stored = tenant == null ? registry.entries().values() : registry.of(tenant);
        List<RegistryEntry> entries =
                stored.stream()
                        .filter(entry -> DeleteCommand.isWritten(entry.key()))
                        .map(Difference::whole)
                        .toList();
        command.commandLine().getOut().println(PolicySchema.EDITOR_LINE);
        command.commandLine().getOut().print(EntryText.file(entries));
        command.commandLine().getOut().flush();
        return 0;
    }
}
