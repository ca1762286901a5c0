package dev.sallyport.cli;

import picocli.CommandLine.Command;

@Command(
        name = "database",
        description = {
            "Prepare a tenant's PostgreSQL database, and say what its agents could reach.",
            "",
            "In this order: enroll, protect each table, mask where columns are tagged, doctor until it"
                    + " finds nothing."
        },
        subcommands = {
            DatabaseEnrollCommand.class,
            DatabaseProtectCommand.class,
            DatabaseHardenCommand.class,
            DatabaseMaskCommand.class,
            DatabaseDoctorCommand.class
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class DatabaseCommand {}
