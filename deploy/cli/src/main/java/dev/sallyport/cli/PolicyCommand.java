package dev.sallyport.cli;

import picocli.CommandLine.Command;

@Command(
        name = "policy",
        description = {
            "Try a policy out before it holds: look for what has no effect in it, and decide calls by it.",
            "Nothing is changed, and no call is run."
        },
        subcommands = {
            PolicyLintCommand.class,
            PolicyTestCommand.class,
            PolicyBacktestCommand.class
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class PolicyCommand {}
