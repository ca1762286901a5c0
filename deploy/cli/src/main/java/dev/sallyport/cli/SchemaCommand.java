package dev.sallyport.cli;

import dev.sallyport.cli.policy.PolicySchema;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "schema",
        description = {
            "Print the JSON Schema of policy files, with which editors complete and check them.",
            "Beside a file that begins with '# yaml-language-server: $$schema=sallyport.schema.json', name"
                    + " it sallyport.schema.json."
        },
        mixinStandardHelpOptions = true)
final class SchemaCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Override
    public Integer call() {
        command.commandLine().getOut().print(PolicySchema.text());
        command.commandLine().getOut().flush();
        return 0;
    }
}
