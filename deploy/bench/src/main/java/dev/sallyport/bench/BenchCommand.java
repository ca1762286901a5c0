package dev.sallyport.bench;

import dev.sallyport.cli.Contributed;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** {@code sallyport bench}. */
@Command(
        name = "bench",
        description = "Measure Sallyport on this machine.",
        mixinStandardHelpOptions = true,
        subcommands = {
            PeersCommand.class,
            StartCommand.class,
            JdbcLoadCommand.class,
            HelpCommand.class
        },
        synopsisSubcommandLabel = "COMMAND")
public final class BenchCommand implements Contributed {
    /** Called by the service loader. */
    public BenchCommand() {}
}
