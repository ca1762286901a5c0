package dev.sallyport.cli;

import dev.sallyport.cli.policy.Difference;
import dev.sallyport.cli.policy.PolicyException;
import dev.sallyport.schema.registry.RegistrySnapshot;
import dev.sallyport.schema.topic.KafkaSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "delete",
        description = {
            "Remove entries of the registry: grants, rules, databases, tenants, gateways' keys.",
            "Shows them and asks first; all of them are removed, or none."
        },
        mixinStandardHelpOptions = true)
final class DeleteCommand implements Callable<Integer> {
    private static final Set<String> KINDS = Set.of("tenant", "database", "grant", "rule", "key");

    @Mixin BrokerOptions broker = new BrokerOptions();
    @Mixin ChangeOptions change = new ChangeOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Parameters(arity = "1..*", paramLabel = "KEY", description = "Such as grant/acme/agents.")
    List<String> keys = new ArrayList<>();

    @Override
    public Integer call() {
        KafkaSettings kafka = broker.settings();
        for (String key : keys) {
            if (!isWritten(key)) {
                throw new PolicyException(
                        "registry_entry_refused",
                        "what can be removed starts with tenant/, database/, grant/, rule/ or key/: "
                                + key);
            }
        }
        RegistrySnapshot registry = BrokerOptions.read(kafka, "sallyport-delete");
        for (String key : keys) {
            if (registry.get(key) == null) {
                throw new PolicyException(
                        "registry_entry_unknown", "the registry has no entry " + key);
            }
        }
        return change.make(
                Difference.between(registry, List.of(), keys),
                kafka,
                "sallyport delete",
                command.commandLine().getOut());
    }

    /** Whether the entry of that key is one that people write. */
    static boolean isWritten(String key) {
        int slash = key.indexOf('/');
        return slash > 0 && KINDS.contains(key.substring(0, slash));
    }
}
