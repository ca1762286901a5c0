package dev.sallyport.cli;

import dev.sallyport.executor.engine.postgresql.Enrolment;
import dev.sallyport.executor.engine.postgresql.SealKey;
import dev.sallyport.schema.id.TenantId;
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
        name = "enroll",
        description = {
            "Prepare the database and one login for agents; may be repeated.",
            "Makes the schema sallyport, gives the login its key, and takes from PUBLIC what lets"
                    + " callers see or disturb each other: see @|bold sallyport help database harden|@."
        },
        mixinStandardHelpOptions = true)
final class DatabaseEnrollCommand implements Callable<Integer> {
    @Mixin DatabaseOptions database = new DatabaseOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Option(
            names = "--role",
            required = true,
            description = "The agents' login. It exists, owns nothing and is a member of nothing.")
    String role = "";

    @Option(
            names = "--tenant",
            description =
                    "The one tenant that may be entered through this login; leave it out only where"
                            + " several tenants share it.")
    @Nullable String tenant;

    @Option(
            names = "--key",
            required = true,
            paramLabel = "<reference>",
            description =
                    "Where the login's seal key is, as in the registry: env:NAME or"
                            + " file:/absolute/path; at least "
                            + SealKey.BYTES_MIN
                            + " bytes.")
    String key = "";

    @Option(
            names = "--keep",
            paramLabel = "<role>",
            description =
                    "A role of your own applications that keeps what is taken from PUBLIC; may be"
                            + " repeated.")
    List<String> keepers = new ArrayList<>();

    @Override
    public Integer call() throws SQLException {
        TenantId only;
        SealKey sealKey;
        try {
            only = tenant == null ? null : new TenantId(tenant);
            sealKey = SealKey.of(database.secret("--key", key).value());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
        }
        try (Connection administrator = database.connect()) {
            Enrolment.enrol(administrator, role, only, sealKey, keepers);
        }
        command.commandLine().getOut().println(role + " is enrolled");
        return 0;
    }
}
