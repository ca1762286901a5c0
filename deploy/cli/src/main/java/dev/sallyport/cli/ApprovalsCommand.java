package dev.sallyport.cli;

import picocli.CommandLine.Command;

@Command(
        name = "approvals",
        description = {
            "Look at calls that wait for a person, and decide on them.",
            "",
            "In the local stack: @|bold sallyport approvals list --tenant acme --subject ben|@, where ben is one of the approvers that"
                    + " a rule names. Elsewhere name the audit service with --url and bring a token of your own with --token.",
            "The audit service's console shows the same at /console/approvals."
        },
        subcommands = {
            ApprovalsListCommand.class,
            ApprovalsShowCommand.class,
            ApprovalsApproveCommand.class,
            ApprovalsDenyCommand.class
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class ApprovalsCommand {}
