package dev.sallyport.cli;

import dev.sallyport.cli.demo.DemoSession;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        description =
                "Start everything, play a session that shows what Sallyport does, and stay up.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    @Mixin DataOption data = new DataOption();

    @Option(names = "--isolated", description = "Run each service in a process of its own.")
    boolean isolated;

    @Option(
            names = "--once",
            description = "End after the session, with 0 only if every step held.")
    boolean once;

    @Override
    public Integer call() throws Exception {
        return StackRun.run(
                data,
                isolated,
                stack -> new DemoSession(stack, InstantSource.system(), System.out).play(),
                once);
    }
}
