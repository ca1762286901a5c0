package dev.sallyport.cli;

import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
        name = "list",
        description =
                "List approvals, those that can still be decided first. Without the scope audit:read you see those that you may decide, and your own.",
        mixinStandardHelpOptions = true)
final class ApprovalsListCommand implements Callable<Integer> {
    private static final int PAGE = 50;

    @Mixin ApprovalsOptions approvals = new ApprovalsOptions();

    @Option(
            names = "--all",
            description = "All that there ever were; without it the first " + PAGE + ".")
    boolean all;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Override
    public Integer call() {
        PrintWriter out = command.commandLine().getOut();
        ApprovalText text = new ApprovalText(out, InstantSource.system());
        String cursor = "";
        boolean none = true;
        do {
            JsonNode page = approvals.get("?limit=" + PAGE + cursor);
            for (JsonNode approval : page.path("approvals")) {
                text.row(approval);
                none = false;
            }
            cursor = page.has("next") ? "&cursor=" + page.path("next").asString() : "";
        } while (all && !cursor.isEmpty());
        if (none) {
            out.println("no approvals");
        } else if (!cursor.isEmpty()) {
            out.println("there are more: --all lists them");
        }
        out.flush();
        return 0;
    }
}
