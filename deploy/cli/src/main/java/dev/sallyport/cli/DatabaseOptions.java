package dev.sallyport.cli;

import dev.sallyport.executor.engine.postgresql.Enrolment;
import dev.sallyport.schema.secret.Secret;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import java.sql.Connection;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The database that a command is about, and the administrator who enters it. */
final class DatabaseOptions {
    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Option(
            names = "--url",
            required = true,
            paramLabel = "<jdbcUrl>",
            description =
                    "jdbc:postgresql://host:port/database?sslmode=...; verify-full where it names no"
                            + " mode and the database is on another machine.")
    String url = "";

    @Option(
            names = "--user",
            required = true,
            description = "An administrator: it may create roles and schemas.")
    String user = "";

    @Option(
            names = "--password",
            required = true,
            paramLabel = "<reference>",
            description = "Where the administrator's password is: env:NAME or file:/absolute/path.")
    String password = "";

    Connection connect() {
        return Enrolment.connect(url, user, secret("--password", password));
    }

    /** The secret that an option refers to. */
    Secret secret(String option, String reference) {
        SecretReference where;
        try {
            where = new SecretReference(reference);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), option + ": " + e.getMessage(), e);
        }
        return new Secrets(System.getenv()).resolve(where);
    }
}
