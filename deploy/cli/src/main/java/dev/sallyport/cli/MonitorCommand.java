package dev.sallyport.cli;

import dev.sallyport.cli.stack.ServiceKind;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "monitor",
        description = "Run the monitor: detectors, alerts, suspensions and the search index.",
        mixinStandardHelpOptions = true)
final class MonitorCommand implements Callable<Integer> {
    @Mixin ServiceOptions options = new ServiceOptions();

    @Override
    public Integer call() throws Exception {
        return options.run(ServiceKind.MONITOR);
    }
}
