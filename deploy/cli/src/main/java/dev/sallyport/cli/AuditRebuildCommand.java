package dev.sallyport.cli;

import dev.sallyport.audit.AuditConfig;
import dev.sallyport.audit.check.SearchRebuild;
import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.service.ServiceKind;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "rebuild",
        description = {
            "Make what is searched anew from the logs, after rows of it were altered or lost.",
            "",
            "As the owner of the audit database's tables. The logs are only read: whether they are sound says"
                    + " @|bold sallyport audit verify --config FILE|@."
        },
        mixinStandardHelpOptions = true)
final class AuditRebuildCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            required = true,
            description = "The configuration of the audit service, with database.owner.")
    @Nullable Path config;

    @Override
    public Integer call() {
        var settings =
                Settings.load(
                        AuditConfig.class, ServiceKind.AUDIT.command(), config, System.getenv());
        var out = command.commandLine().getOut();
        SearchRebuild.run(settings, new Secrets(System.getenv()))
                .forEach((tenant, entries) ->
                        out.println("rebuilt: log " + tenant + ", " + entries + " entries"));
        return 0;
    }
}
