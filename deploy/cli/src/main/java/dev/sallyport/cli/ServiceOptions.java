package dev.sallyport.cli;

import dev.sallyport.schema.config.Settings;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of the commands that run one service. */
final class ServiceOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The YAML configuration; each key can be given as an environment variable instead.")
    @Nullable Path config;

    @Option(names = "--list-keys", description = "Print every configuration key with its environment variable and default, and end.")
    boolean listKeys;

    @Option(names = "--with-parent", hidden = true, description = "End when standard input ends.")
    boolean withParent;

    <R extends Record> R load(Class<R> kind, String service) {
        return Settings.load(kind, service, config, System.getenv());
    }

    static void printKeys(Class<? extends Record> kind, String service) {
        for (Settings.Key key : Settings.keys(kind, service)) {
            String value = key.defaultValue() != null ? "default " + key.defaultValue() : key.example() != null ? "such as " + key.example() : "";
            System.out.printf("%-36s %-56s %s%n", key.path(), key.variable(), value);
        }
    }
}
