package dev.sallyport.cli;

import dev.sallyport.cli.stack.ServiceKind;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "audit",
        description = "Run the audit service, or verify a log with @|bold audit verify|@.",
        subcommands = AuditVerifyCommand.class,
        mixinStandardHelpOptions = true)
final class AuditCommand implements Callable<Integer> {
    @Mixin ServiceOptions options = new ServiceOptions();

    @Override
    public Integer call() throws Exception {
        return options.run(ServiceKind.AUDIT);
    }
}
