package dev.sallyport.cli;

import picocli.CommandLine.Command;

@Command(
        name = "audit",
        description = {
            "Verify a log. The audit service itself runs with @|bold sallyport audit --config FILE|@."
        },
        subcommands = AuditVerifyCommand.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class AuditCommand {}
