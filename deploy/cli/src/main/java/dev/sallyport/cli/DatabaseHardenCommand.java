package dev.sallyport.cli;

import dev.sallyport.executor.engine.postgresql.Enrolment;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "harden",
        description = {
            "Take from PUBLIC what lets callers see or disturb each other beside the rows: signals,"
                    + " locks, activity, statistics, temporary tables and the like, and what acts among"
                    + " the functions of extensions and of your own.",
            "Prints the SQL that it ran. enroll does the same; use this command to name the roles that"
                    + " keep it, to review it first, or to undo it. May be repeated."
        },
        mixinStandardHelpOptions = true)
final class DatabaseHardenCommand implements Callable<Integer> {
    @Mixin DatabaseOptions database = new DatabaseOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Option(
            names = "--keep",
            paramLabel = "<role>",
            description =
                    "A role of your own applications that keeps what is taken from PUBLIC; may be"
                            + " repeated.")
    List<String> keepers = new ArrayList<>();

    @Option(names = "--undo", description = "Give back all that was taken.")
    boolean undo;

    @Option(
            names = "--print",
            description =
                    "Only print the SQL, as one transaction to run by hand; nothing is changed.")
    boolean print;

    @Override
    public Integer call() throws SQLException {
        if (undo && !keepers.isEmpty()) {
            throw new ParameterException(
                    command.commandLine(), "--keep makes no sense with --undo: all is given back");
        }
        List<String> statements;
        try (Connection administrator = database.connect()) {
            statements = statements(administrator);
        }
        PrintWriter out = command.commandLine().getOut();
        if (statements.isEmpty()) {
            out.println("-- nothing is left to do");
            return 0;
        }
        out.println("begin;");
        statements.forEach(statement -> out.println(statement + ";"));
        out.println("commit;");
        if (statements.stream().anyMatch(DatabaseHardenCommand::takesAFunctionOfOnesOwn)) {
            out.println(
                    "-- a login needs a grant for those of these functions that its registry entry names"
                            + " (statements.functions):");
            out.println("-- grant execute on function NAME(TYPES) to LOGIN;");
        }
        return 0;
    }

    private static boolean takesAFunctionOfOnesOwn(String statement) {
        return statement.startsWith("revoke execute on ")
                && statement.endsWith(" from public")
                && !statement.contains(" pg_catalog.");
    }

    private List<String> statements(Connection administrator) {
        if (undo) {
            return print ? Enrolment.softening(administrator) : Enrolment.soften(administrator);
        }
        return print
                ? Enrolment.hardening(administrator, keepers)
                : Enrolment.harden(administrator, keepers);
    }
}
