package dev.sallyport.cli;

import dev.sallyport.executor.engine.postgresql.Enrolment;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "protect",
        description =
                "Put a table under the tenant's policy: row-level security, forced for its owner too.",
        mixinStandardHelpOptions = true)
final class DatabaseProtectCommand implements Callable<Integer> {
    @Mixin DatabaseOptions database = new DatabaseOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Option(
            names = "--schema",
            defaultValue = "public",
            description = "The table's schema (default: public).")
    String schema = "";

    @Option(
            names = "--table",
            required = true,
            description = "The table's name as the catalogue has it.")
    String table = "";

    @Option(
            names = "--tenant-column",
            required = true,
            description = "The column that holds the tenant's id.")
    String tenantColumn = "";

    @Override
    public Integer call() throws SQLException {
        try (Connection administrator = database.connect()) {
            Enrolment.protect(administrator, schema, table, tenantColumn);
        }
        command.commandLine().getOut().println(schema + "." + table + " is protected");
        return 0;
    }
}
