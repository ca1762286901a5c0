package dev.sallyport.cli;

import picocli.CommandLine.Command;

@Command(
        name = "audit",
        description = {
            "Verify a log, or make what is searched anew from it. The audit service itself runs with @|bold sallyport audit --config FILE|@."
        },
        subcommands = {AuditVerifyCommand.class, AuditRebuildCommand.class},
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class AuditCommand {}
