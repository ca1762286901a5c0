package dev.sallyport.cli;

import picocli.CommandLine.Command;

@Command(
        name = "registry",
        description = {
            "Read and change what every service goes by: tenants, databases, grants and gateways' keys.",
            "Each change is an event in the tenant's audit log."
        },
        subcommands = {
            RegistryListCommand.class,
            RegistryPutCommand.class,
            RegistryRemoveCommand.class
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class RegistryCommand {}
