package dev.sallyport.cli;

import dev.sallyport.cli.service.ServiceProcess;
import dev.sallyport.cli.stack.InProcess;
import dev.sallyport.cli.stack.ServiceKind;
import dev.sallyport.embedded.Logging;
import dev.sallyport.schema.config.Settings;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of the commands that run one service. */
final class ServiceOptions {
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

    int run(ServiceKind kind) throws Exception {
        if (listKeys) {
            printKeys(kind);
            return 0;
        }
        Logging.toStandardError(System.Logger.Level.INFO);
        ServiceProcess.run(
                () -> InProcess.open(kind, config, System.getenv(), InstantSource.system()),
                withParent);
        return 0;
    }

    private static void printKeys(ServiceKind kind) {
        for (Settings.Key key : Settings.keys(kind.configuration(), kind.command())) {
            String value =
                    key.defaultValue() != null
                            ? "default " + key.defaultValue()
                            : key.example() != null ? "such as " + key.example() : "";
            System.out.printf("%-36s %-56s %s%n", key.path(), key.variable(), value);
        }
    }
}
