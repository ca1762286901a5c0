package dev.sallyport.service;

import dev.sallyport.schema.SallyportException;
import dev.sallyport.schema.config.SettingsException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** One service of Sallyport as a process. */
@Command(
        name = "sallyport",
        description = "Run one service.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class Main {
    /** What was asked for could not be done. */
    private static final int FAILED = 1;

    /** What was asked for makes no sense: the command line or a configuration. */
    private static final int WRONG_USE = 2;

    private Main() {}

    /** Runs the service and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        for (ServiceKind kind : ServiceKind.values()) {
            line.addSubcommand(ServiceCommand.of(kind));
        }
        line.setExecutionExceptionHandler(Main::explain);
        return line;
    }

    private static int explain(Exception e, CommandLine line, CommandLine.ParseResult parsed) {
        if (e instanceof SallyportException ours) {
            line.getErr().println("sallyport: " + ours.code() + ": " + ours.getMessage());
            return ours instanceof SettingsException ? WRONG_USE : FAILED;
        }
        line.getErr().println("sallyport: " + e);
        return FAILED;
    }
}
