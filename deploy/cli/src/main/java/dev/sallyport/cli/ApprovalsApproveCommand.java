package dev.sallyport.cli;

import dev.sallyport.cli.stack.StackException;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.json.Json;
import java.io.Console;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "approve",
        description =
                "Allow a call, once you have seen what it would change: this is shown, and you are asked. It is committed only if it has just this effect.",
        mixinStandardHelpOptions = true)
final class ApprovalsApproveCommand implements Callable<Integer> {
    @Mixin ApprovalsOptions approvals = new ApprovalsOptions();

    @Parameters(paramLabel = "APPROVAL", description = "Its id, as list prints it.")
    @SuppressWarnings("NullAway.Init")
    EventId approval;

    @Option(names = "--note", description = "What you leave for others to read in the log.")
    @Nullable String note;

    @Option(
            names = "--yes",
            description = "Do not ask. It is still shown what the call would change.")
    boolean yes;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Override
    public Integer call() {
        PrintWriter out = command.commandLine().getOut();
        JsonNode whole = approvals.get("/" + approval);
        new ApprovalText(out, InstantSource.system()).whole(whole);
        out.flush();
        JsonNode obstacle = whole.path("youCannotApprove");
        // a refused attempt is in the log: the service decides, and tells it there
        if (!yes && !obstacle.isObject()) {
            ask(whole);
        }
        ObjectNode body = Json.mapper().createObjectNode();
        if (note != null) {
            body.put("note", note);
        }
        JsonNode decided = approvals.post("/" + approval + "/approve", body);
        out.println();
        out.println(
                "approved. "
                        + (decided.path("state").asString().equals("granted")
                                ? "The caller may send the call again with this approval, once."
                                : "It still waits for others: "
                                        + decided.path("granted").asLong()
                                        + " of "
                                        + decided.path("needed").asLong()
                                        + " have allowed it."));
        out.flush();
        return 0;
    }

    @SuppressWarnings("SystemConsoleNull") // null where jdk.console names another module
    private static void ask(JsonNode whole) {
        Console console = System.console();
        if (console == null || !console.isTerminal()) {
            throw new StackException(
                    "not_confirmed",
                    "there is no terminal to ask at: --yes approves without asking");
        }
        String what =
                whole.path("approval").has("effectDigest")
                        ? String.join("; ", ApprovalText.counts(whole.at("/shown/effect")))
                        : "nobody knows, for it could not be rehearsed";
        console.printf("%nIt would change: %s%n", what);
        String answer = console.readLine("Approve it? [y/N] ");
        if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).matches("y|yes")) {
            throw new StackException("not_confirmed", "nothing was decided");
        }
    }
}
