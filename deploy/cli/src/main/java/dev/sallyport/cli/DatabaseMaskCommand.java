package dev.sallyport.cli;

import dev.sallyport.cli.policy.PolicyFiles;
import dev.sallyport.executor.engine.postgresql.Enrolment;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Masking;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "mask",
        description = {
            "Take tagged columns from a login, and make views that show them masked.",
            "The tags are those of the database's entry in policy files. Run it before you apply them:"
                    + " executors run nothing in a database that does not mask what is tagged. Run it"
                    + " again when tags or tables have changed. Prints the SQL that it ran."
        },
        mixinStandardHelpOptions = true)
final class DatabaseMaskCommand implements Callable<Integer> {
    @Mixin DatabaseOptions database = new DatabaseOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Option(
            names = "--role",
            required = true,
            description = "The agents' login, which is enrolled.")
    String role = "";

    @Option(
            names = {"-f", "--file"},
            paramLabel = "<file>",
            description =
                    "A YAML file, a folder of them, or - for the standard input; may be repeated.")
    List<String> files = new ArrayList<>();

    @Option(
            names = "--entry",
            paramLabel = "<key>",
            description = "The database's entry in them, such as database/acme/shop.")
    @Nullable String entry;

    @Option(names = "--undo", description = "Give back all that was taken.")
    boolean undo;

    @Option(
            names = "--print",
            description =
                    "Only print the SQL, as one transaction to run by hand; nothing is changed.")
    boolean print;

    @Override
    public Integer call() throws SQLException {
        Masking masking = undo ? null : masking();
        List<String> statements;
        try (Connection administrator = database.connect()) {
            statements = statements(administrator, masking);
        }
        PrintWriter out = command.commandLine().getOut();
        if (statements.isEmpty()) {
            out.println("-- nothing is left to do");
            return 0;
        }
        out.println("begin;");
        statements.forEach(statement -> out.println(statement + ";"));
        out.println("commit;");
        return 0;
    }

    private List<String> statements(Connection administrator, @Nullable Masking masking) {
        if (masking == null) {
            return print
                    ? Enrolment.unmasking(administrator, role)
                    : Enrolment.unmask(administrator, role);
        }
        return print
                ? Enrolment.masking(administrator, role, masking)
                : Enrolment.mask(administrator, role, masking);
    }

    private Masking masking() {
        if (files.isEmpty() || entry == null) {
            throw new ParameterException(
                    command.commandLine(), "--file and --entry are needed, or --undo");
        }
        if (!(PolicyFiles.read(files, System.in).get(entry) instanceof Database tagged)) {
            throw new ParameterException(
                    command.commandLine(), "the files name no database " + entry);
        }
        Masking masking = tagged.masking();
        if (masking == null) {
            throw new ParameterException(
                    command.commandLine(),
                    entry + " has no tags: --undo gives back what was masked before");
        }
        return masking;
    }
}
