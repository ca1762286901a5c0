package dev.sallyport.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The {@code sallyport} command as a process of its own, with this process's Java and class path.
 */
final class JavaProcess {
    private JavaProcess() {}

    static List<String> command(List<String> arguments) {
        var command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx384m",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "dev.sallyport.cli.Main"));
        command.addAll(arguments);
        return command;
    }
}
