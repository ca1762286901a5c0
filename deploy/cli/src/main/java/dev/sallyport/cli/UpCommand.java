package dev.sallyport.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "up",
        description =
                "Start the embedded servers, two tenants and every service on this machine, and stay up.",
        mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {
    @Mixin DataOption data = new DataOption();

    @Option(names = "--isolated", description = "Run each service in a process of its own.")
    boolean isolated;

    @Option(names = "--once", hidden = true, description = "End as soon as everything is up.")
    boolean once;

    @Override
    public Integer call() throws Exception {
        return StackRun.run(data, isolated, null, once);
    }
}
