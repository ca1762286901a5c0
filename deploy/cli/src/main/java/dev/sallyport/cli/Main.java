package dev.sallyport.cli;

import dev.sallyport.schema.SallyportException;
import dev.sallyport.schema.config.SettingsException;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import java.util.ServiceLoader;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The {@code sallyport} command. */
@Command(
        name = "sallyport",
        description = {
            "The gate between AI agents and a company's databases.",
            "",
            "Start with @|bold sallyport demo|@: it starts everything on this machine and plays a session."
        },
        subcommands = {
            DemoCommand.class,
            UpCommand.class,
            TokenCommand.class,
            AuditCommand.class,
            DatabaseCommand.class,
            ApplyCommand.class,
            GetCommand.class,
            DescribeCommand.class,
            DeleteCommand.class,
            ExportCommand.class,
            SchemaCommand.class,
            PolicyCommand.class,
            LimitsCommand.class,
            ApprovalsCommand.class,
            ReinstateCommand.class,
            TrainCommand.class,
            HelpCommand.class
        },
        footer = {
            "",
            "sallyport gateway, executor, audit and monitor run one service: see sallyport help gateway.",
            "sallyport bench measures it on this machine: see sallyport help bench.",
            "sallyport test runs all tests; sallyport build compiles everything."
        },
        synopsisSubcommandLabel = "COMMAND")
public final class Main {
    /** What was asked for could not be done. */
    static final int FAILED = 1;

    /** What was asked for makes no sense: the command line or a configuration. */
    static final int WRONG_USE = 2;

    /** A dry run found something to change; 3 is the launcher's. */
    static final int DIFFERS = 4;

    private Main() {}

    /** Runs the command line and ends the process with its exit code. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The command line; a module that adds a command provides {@link Contributed}. */
    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        ServiceLoader.load(Contributed.class).forEach(line::addSubcommand);
        line.registerConverter(TenantId.class, explained(TenantId::new));
        line.registerConverter(EventId.class, explained(EventId::of));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler(Main::explain);
        return line;
    }

    /** Tells what is wrong with a value in the words of its own type. */
    private static <T> CommandLine.ITypeConverter<T> explained(Function<String, T> type) {
        return text -> {
            try {
                return type.apply(text);
            } catch (IllegalArgumentException e) {
                throw new CommandLine.TypeConversionException(e.getMessage());
            }
        };
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
