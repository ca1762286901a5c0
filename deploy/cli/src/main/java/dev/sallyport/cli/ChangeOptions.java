package dev.sallyport.cli;

import dev.sallyport.cli.policy.Difference;
import dev.sallyport.cli.policy.PolicyException;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.topic.KafkaSettings;
import java.io.Console;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Shows what a command would change in the registry, asks, and then changes it. */
final class ChangeOptions {
    private static final int REASON_CHARS_MAX = 500;

    @Option(names = "--yes", description = "Do not ask; for scripts.")
    boolean yes;

    @Option(
            names = "--dry-run",
            description =
                    "Only show the difference: ends with 0 where there is none, and with "
                            + Main.DIFFERS
                            + " where there is one.")
    boolean dryRun;

    @Option(
            names = "--reason",
            description = "Why; it goes into the audit log. Asked for at a terminal.")
    @Nullable String reason;

    /**
     * Makes the difference true, if that is wanted.
     *
     * @param tool the command, for the log
     * @return the exit code
     * @throws PolicyException if nobody can be asked, or whoever was asked declined
     */
    @SuppressWarnings("SystemConsoleNull") // null where jdk.console names another module
    int make(Difference difference, KafkaSettings kafka, String tool, PrintWriter out) {
        if (difference.isEmpty()) {
            out.println("nothing to do");
            return 0;
        }
        difference.print(out);
        if (dryRun) {
            return Main.DIFFERS;
        }
        Console console = System.console();
        Console terminal = console != null && console.isTerminal() ? console : null;
        String why = why(terminal);
        if (!yes) {
            ask(terminal);
        }
        String by = tool + " by " + System.getProperty("user.name", "somebody");
        try (RegistryWriter writer = new RegistryWriter(kafka, InstantSource.system(), by)) {
            writer.compareAndSet(difference.changes(), why);
        }
        out.println("done");
        return 0;
    }

    private String why(@Nullable Console terminal) {
        String why = reason;
        if (why == null && terminal != null && !yes) {
            why = terminal.readLine("Why? It goes into the audit log: ");
        }
        if (why == null || why.isBlank()) {
            throw new PolicyException(
                    "reason_missing", "say why with --reason: it goes into the audit log");
        }
        if (why.length() > REASON_CHARS_MAX || why.codePoints().anyMatch(Character::isISOControl)) {
            throw new PolicyException(
                    "reason_malformed",
                    "a reason is one line of at most %d characters".formatted(REASON_CHARS_MAX));
        }
        return why.strip();
    }

    private static void ask(@Nullable Console terminal) {
        if (terminal == null) {
            throw new PolicyException(
                    "not_confirmed",
                    "there is no terminal to ask at: --yes makes the change without asking");
        }
        String answer = terminal.readLine("Change the registry so? [y/N] ");
        if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).matches("y|yes")) {
            throw new PolicyException("not_confirmed", "nothing was changed");
        }
    }
}
