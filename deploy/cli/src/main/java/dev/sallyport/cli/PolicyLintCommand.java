package dev.sallyport.cli;

import dev.sallyport.cli.PolicyOptions.Policy;
import dev.sallyport.cli.lint.Finding;
import dev.sallyport.cli.lint.Lint;
import dev.sallyport.gateway.Trial;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "lint",
        description = {
            "Tell what has no effect: grants that no call can match, databases without grants, limits that"
                    + " never bind, rules that hold nothing or that another rule makes needless.",
            "Ends with 0 where nothing is found, and with " + Main.DIFFERS + " where something is."
        },
        mixinStandardHelpOptions = true)
final class PolicyLintCommand implements Callable<Integer> {
    @Mixin PolicyOptions policy = new PolicyOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Override
    public Integer call() {
        Policy looked = policy.read("sallyport-policy-lint");
        List<Finding> findings = Lint.findings(looked.entries(), Trial.standard().ceiling());
        PrintWriter out = command.commandLine().getOut();
        for (Finding finding : findings) {
            out.printf(
                    "%s: %s: %s%n",
                    looked.named(finding.key()), finding.kind().code(), finding.message());
        }
        out.printf("%d entries, %d findings%n", looked.entries().size(), findings.size());
        out.flush();
        return findings.isEmpty() ? 0 : Main.DIFFERS;
    }
}
