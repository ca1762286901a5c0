package dev.sallyport.cli;

import dev.sallyport.schema.id.EventId;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "show",
        description =
                "Show an approval: the exact text, what it would change, and what was decided. Text and rows are shown to who may decide and to who asked.",
        mixinStandardHelpOptions = true)
final class ApprovalsShowCommand implements Callable<Integer> {
    @Mixin ApprovalsOptions approvals = new ApprovalsOptions();

    @Parameters(paramLabel = "APPROVAL", description = "Its id, as list prints it.")
    @SuppressWarnings("NullAway.Init")
    EventId approval;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Override
    public Integer call() {
        PrintWriter out = command.commandLine().getOut();
        new ApprovalText(out, InstantSource.system())
                .whole(approvals.get("/" + approval), approvals.again());
        out.flush();
        return 0;
    }
}
