package dev.sallyport.cli.stack;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The {@code sallyport} command as a process of its own, with this process's Java and class path.
 */
public final class JavaCommand {
    private JavaCommand() {}

    /** The command line for these arguments of {@code sallyport}. */
    public static List<String> of(List<String> arguments) {
        return Stream.concat(
                        Stream.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx512m",
                                // half a service would be worse than none: its calls would hang
                                "-XX:+ExitOnOutOfMemoryError",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "dev.sallyport.cli.Main"),
                        arguments.stream())
                .toList();
    }
}
