package dev.sallyport.cli;

import dev.sallyport.cli.stack.ServiceKind;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "executor",
        description = "Run an executor: one cell's calls against the tenants' databases.",
        mixinStandardHelpOptions = true)
final class ExecutorCommand implements Callable<Integer> {
    @Mixin ServiceOptions options = new ServiceOptions();

    @Override
    public Integer call() throws Exception {
        return options.run(ServiceKind.EXECUTOR);
    }
}
