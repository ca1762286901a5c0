package dev.sallyport.cli;

import dev.sallyport.cli.policy.Difference;
import dev.sallyport.cli.policy.PolicyException;
import dev.sallyport.cli.policy.PolicyFiles;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.RegistrySnapshot;
import dev.sallyport.schema.registry.RegistrySnapshot.Stored;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.topic.KafkaSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "apply",
        description = {
            "Make the registry what files say: tenants, databases, grants and gateways' keys.",
            "Shows the difference and asks first. All of it is written, or nothing; what somebody else"
                    + " changed meanwhile is not overwritten. Each change is an event in the tenant's"
                    + " audit log."
        },
        mixinStandardHelpOptions = true)
final class ApplyCommand implements Callable<Integer> {
    @Mixin BrokerOptions broker = new BrokerOptions();
    @Mixin ChangeOptions change = new ChangeOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "<file>",
            description =
                    "A YAML file, a folder of them, or - for the standard input; may be repeated.")
    List<String> files = new ArrayList<>();

    @Option(
            names = "--tenant",
            description = "Whose entries the files may name; without it, every tenant's.")
    @Nullable TenantId tenant;

    @Option(
            names = "--prune",
            description =
                    "Remove the databases, grants and rules of --tenant that the files do not name. They must"
                            + " name the tenant itself.")
    boolean prune;

    @Override
    public Integer call() {
        PolicyFiles written = PolicyFiles.read(files, System.in);
        if (tenant != null) {
            written.requireOnly(tenant);
        }
        KafkaSettings kafka = broker.settings();
        RegistrySnapshot registry = BrokerOptions.read(kafka, "sallyport-apply");
        List<String> removed = prune ? notIn(written, registry) : List.of();
        return change.make(
                Difference.between(registry, written.all(), removed),
                kafka,
                "sallyport apply",
                command.commandLine().getOut());
    }

    private List<String> notIn(PolicyFiles written, RegistrySnapshot registry) {
        if (tenant == null) {
            throw new PolicyException("prune_refused", "--prune needs --tenant");
        }
        if (written.get(Tenant.key(tenant)) == null) {
            throw new PolicyException(
                    "prune_refused",
                    "the files do not name %s: they could be the wrong ones"
                            .formatted(Tenant.key(tenant)));
        }
        return registry.of(tenant).stream()
                .map(Stored::key)
                .filter(key ->
                        key.startsWith("database/")
                                || key.startsWith("grant/")
                                || key.startsWith("rule/"))
                .filter(key -> written.get(key) == null)
                .toList();
    }
}
