package dev.sallyport.cli;

import dev.sallyport.executor.engine.Finding;
import dev.sallyport.executor.engine.postgresql.Enrolment;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "doctor",
        description = {
            "Say what a login could reach beside its tenant's rows, and what would put it right.",
            "Exit code 1 where something leaks or lets callers disturb each other; advice alone is 0."
        },
        mixinStandardHelpOptions = true)
final class DatabaseDoctorCommand implements Callable<Integer> {
    @Mixin DatabaseOptions database = new DatabaseOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Option(names = "--role", required = true, description = "The agents' login.")
    String role = "";

    @Override
    public Integer call() throws SQLException {
        List<Finding> findings;
        try (Connection administrator = database.connect()) {
            findings = Enrolment.doctor(administrator, role);
        }
        PrintWriter out = command.commandLine().getOut();
        findings.forEach(out::println);
        boolean clean = findings.stream().allMatch(f -> f.severity() == Finding.Severity.ADVICE);
        if (clean) {
            out.println("nothing leaks");
        }
        return clean ? 0 : Main.FAILED;
    }
}
