package dev.sallyport.service;

import dev.sallyport.schema.config.Settings;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs one service until it is told to end. */
@Command(mixinStandardHelpOptions = true)
final class ServiceCommand implements Callable<Integer> {
    private final ServiceKind kind;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "The YAML configuration; each key can be given as an environment variable instead.")
    @Nullable Path config;

    @Option(
            names = "--list-keys",
            description =
                    "Print every configuration key with its environment variable and default, and end.")
    boolean listKeys;

    @Option(names = "--with-parent", hidden = true, description = "End when standard input ends.")
    boolean withParent;

    private ServiceCommand(ServiceKind kind) {
        this.kind = kind;
    }

    static CommandLine of(ServiceKind kind) {
        CommandLine line = new CommandLine(new ServiceCommand(kind));
        line.getCommandSpec().name(kind.command());
        line.getCommandSpec().usageMessage().description(kind.description());
        return line;
    }

    @Override
    public Integer call() throws Exception {
        if (listKeys) {
            printKeys();
            return 0;
        }
        StandardErrorLog.open();
        ServiceProcess.run(
                () -> kind.start(config, System.getenv(), InstantSource.system()), withParent);
        return 0;
    }

    private void printKeys() {
        for (Settings.Key key : Settings.keys(kind.configuration(), kind.command())) {
            String value =
                    key.defaultValue() != null
                            ? "default " + key.defaultValue()
                            : key.example() != null ? "such as " + key.example() : "";
            System.out.printf("%-36s %-56s %s%n", key.path(), key.variable(), value);
        }
    }
}
