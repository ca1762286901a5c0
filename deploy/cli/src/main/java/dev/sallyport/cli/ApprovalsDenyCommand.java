package dev.sallyport.cli;

import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.json.Json;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "deny",
        description = "Refuse a call: it cannot run by this approval any more.",
        mixinStandardHelpOptions = true)
final class ApprovalsDenyCommand implements Callable<Integer> {
    @Mixin ApprovalsOptions approvals = new ApprovalsOptions();

    @Parameters(paramLabel = "APPROVAL", description = "Its id, as list prints it.")
    @SuppressWarnings("NullAway.Init")
    EventId approval;

    @Option(names = "--reason", required = true, description = "Why; it goes into the audit log.")
    String reason = "";

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Override
    public Integer call() {
        PrintWriter out = command.commandLine().getOut();
        approvals.post(
                "/" + approval + "/deny", Json.mapper().createObjectNode().put("reason", reason));
        out.println("denied. The call cannot run by this approval any more.");
        out.flush();
        return 0;
    }
}
