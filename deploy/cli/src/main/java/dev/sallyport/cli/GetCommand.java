package dev.sallyport.cli;

import dev.sallyport.cli.policy.EntryText;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.RegistrySnapshot;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "get",
        description = "List the entries of the registry, one a line.",
        mixinStandardHelpOptions = true)
final class GetCommand implements Callable<Integer> {
    @Mixin BrokerOptions broker = new BrokerOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "PREFIX",
            description = "What the keys begin with, such as grant or database/acme.")
    String prefix = "";

    @Option(names = "--tenant", description = "Whose entries; without it, everybody's.")
    @Nullable TenantId tenant;

    @Override
    public Integer call() {
        RegistrySnapshot registry = BrokerOptions.read(broker.settings(), "sallyport-get");
        PrintWriter out = command.commandLine().getOut();
        (tenant == null ? registry.entries().values() : registry.of(tenant))
                .stream()
                        .filter(stored -> stored.key().startsWith(prefix))
                        .forEach(stored ->
                                out.printf(
                                        "%-40s %s%n",
                                        EntryText.key(stored), EntryText.summary(stored)));
        out.flush();
        return 0;
    }
}
