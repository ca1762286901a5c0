package dev.sallyport.cli;

import dev.sallyport.cli.stack.StackDescription;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which stack a command is about. */
final class DataOption {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "The folder that holds the stack's state (default: ~/.sallyport).")
    @Nullable Path folder;

    Path folder() {
        return (folder == null ? StackDescription.defaultFolder() : folder)
                .toAbsolutePath()
                .normalize();
    }
}
