package dev.sallyport.cli;

import dev.sallyport.cli.stack.StackDescription;
import dev.sallyport.cli.stack.StackException;
import dev.sallyport.monitor.Suspensions;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.topic.KafkaSettings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "reinstate",
        description =
                "End the suspension of a principal; without --subject, list who is suspended.",
        mixinStandardHelpOptions = true)
final class ReinstateCommand implements Callable<Integer> {
    private static final Duration REGISTRY_WITHIN = Duration.ofSeconds(15);

    @Mixin DataOption data = new DataOption();

    @Option(names = "--tenant", required = true, description = "The principal's tenant.")
    String tenant = "";

    @Option(names = "--subject", description = "The principal's subject.")
    @Nullable String subject;

    @Option(names = "--reason", description = "Why; it goes into the audit log.")
    @Nullable String reason;

    @Override
    public Integer call() {
        KafkaSettings kafka =
                new KafkaSettings(StackDescription.of(data.folder()).kafka(), Map.of());
        InstantSource clock = InstantSource.system();
        TenantId id = new TenantId(tenant);
        try (RegistryFeed feed =
                RegistryFeed.start(kafka, "sallyport-reinstate", REGISTRY_WITHIN)) {
            Registry registry = feed.get();
            String who = subject;
            if (who == null) {
                for (Suspension suspension : registry.suspensions(id)) {
                    System.out.println(
                            suspension.subject()
                                    + "  since "
                                    + suspension.since()
                                    + "  "
                                    + suspension.reason());
                }
                return 0;
            }
            if (registry.suspension(id, who).isEmpty()) {
                throw new StackException(
                        "not_suspended", who + " of " + tenant + " is not suspended");
            }
            String why = reason;
            if (why == null) {
                throw new StackException(
                        "reason_missing", "say why with --reason: it goes into the audit log");
            }
            new Suspensions(kafka, clock).reinstate(id, who, why, "sallyport reinstate");
            System.out.println(who + " of " + tenant + " is reinstated");
            return 0;
        }
    }
}
