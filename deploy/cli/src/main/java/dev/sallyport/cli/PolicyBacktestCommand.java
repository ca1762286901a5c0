package dev.sallyport.cli;

import dev.sallyport.cli.policy.PolicyException;
import dev.sallyport.cli.policy.PolicyFiles;
import dev.sallyport.gateway.Trial;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistrySnapshot;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "backtest",
        description = {
            "Decide recorded calls again, as if files had been applied, and tell what would be decided otherwise.",
            "The statements are read only with --key-encryption-key; without it, calls are decided by what the"
                    + " log tells of them: class, tables, scopes.",
            "Ends with 0 where nothing would be otherwise, and with "
                    + Main.DIFFERS
                    + " where something would."
        },
        mixinStandardHelpOptions = true)
final class PolicyBacktestCommand implements Callable<Integer> {
    private static final Duration LOOKED_BACK = Duration.ofDays(1);

    @Mixin BrokerOptions broker = new BrokerOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "<file>",
            description =
                    "A YAML file of entries, a folder of them, or - for the standard input; may be"
                            + " repeated. Entries that they do not name stay as they are.")
    List<String> files = new ArrayList<>();

    @Option(
            names = "--from",
            paramLabel = "<time>",
            description = "Since when, such as 2026-11-27T00:00:00Z; without it, for a day.")
    @Nullable String from;

    @Option(
            names = "--to",
            paramLabel = "<time>",
            description = "Until when; without it, until now.")
    @Nullable String to;

    @Option(
            names = "--key-encryption-key",
            paramLabel = "<reference>",
            description =
                    "Where the key is that opens statements, such as file:/run/secrets/key-encryption-key.")
    @Nullable String wrapping;

    @Override
    public Integer call() {
        PolicyFiles written = PolicyFiles.read(files, System.in);
        Instant end = to == null ? Instant.now() : instant("--to", to);
        Instant start = from == null ? end.minus(LOOKED_BACK) : instant("--from", from);
        if (!start.isBefore(end)) {
            throw new PolicyException("time_malformed", "--from must be before --to");
        }
        KafkaSettings kafka = broker.settings();
        RegistrySnapshot registry = BrokerOptions.read(kafka, "sallyport-policy-backtest");
        Collection<RegistryEntry> there =
                registry.entries().values().stream().map(RegistrySnapshot.Stored::entry).toList();
        Backtest backtest =
                new Backtest(
                        Registry.of(0, applied(there, written)),
                        Trial.standard(),
                        opening(Registry.of(0, there)));
        RecordedEvents recorded = new RecordedEvents(kafka, start, end);
        recorded.read(List.of(Topics.OUTCOMES), backtest::take);
        recorded.read(List.of(Topics.SIGNALS), backtest::take);
        recorded.read(commands(there), backtest::take);
        return told(backtest.result(), start, end);
    }

    private int told(Backtest.Result result, Instant start, Instant end) {
        PrintWriter out = command.commandLine().getOut();
        result.differences().forEach(out::println);
        out.printf(
                "%d calls from %s to %s would be decided otherwise%n", result.differ(), start, end);
        out.printf(
                "%d were decided by their statement, %d by what the log tells of them, %d cannot be told%n",
                result.byText(), result.byFacts(), result.untold());
        out.flush();
        return result.differ() == 0 ? 0 : Main.DIFFERS;
    }

    private static Instant instant(String option, String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new PolicyException(
                    "time_malformed", option + " must be a time such as 2026-11-27T00:00:00Z", e);
        }
    }

    /** As apply would leave the registry; who is suspended now says nothing of calls before. */
    private static Collection<RegistryEntry> applied(
            Collection<RegistryEntry> there, PolicyFiles written) {
        Map<String, RegistryEntry> all = new TreeMap<>();
        there.stream()
                .filter(entry -> !(entry instanceof Suspension))
                .forEach(entry -> all.put(entry.key(), entry));
        written.all().forEach(entry -> all.put(entry.key(), entry));
        return all.values();
    }

    private static List<String> commands(Collection<RegistryEntry> there) {
        return there.stream()
                .filter(Tenant.class::isInstance)
                .map(entry -> Topics.commands(((Tenant) entry).cell()))
                .distinct()
                .toList();
    }

    private Function<Event<CallAuthorized>, @Nullable Instruction> opening(Registry now) {
        if (wrapping == null) {
            return _ -> null;
        }
        Keyring keyring =
                new Keyring(
                        new KeyEncryptionKey(
                                new Secrets(System.getenv())
                                        .resolve(new SecretReference(wrapping))));
        return event ->
                Backtest.opened(() ->
                        keyring.of(now, event.tenant(), event.data().arguments().dataKeyId())
                                .open(event.data().arguments(), event.id(), "arguments"));
    }
}
