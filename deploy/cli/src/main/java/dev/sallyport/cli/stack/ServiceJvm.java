package dev.sallyport.cli.stack;

import dev.sallyport.service.ServiceKind;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The JVM of one service: this process's Java, the service's own class path, without anything of
 * the embedded servers, and the options that the launcher uses too.
 */
public final class ServiceJvm {
    private static final String MAIN = "dev.sallyport.service.Main";
    private static final String OPTIONS = "jvm.options";

    /** Written by the build beside each module's jar. */
    private static final String DEPENDENCIES = "sallyport.dependencies";

    private ServiceJvm() {}

    /** The command line that runs the service with these arguments. */
    static List<String> command(ServiceKind kind, ServiceCaches caches, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options());
        command.addAll(caches.options(kind));
        command.addAll(List.of("-cp", classPath(kind), MAIN, kind.command()));
        command.addAll(arguments);
        return command;
    }

    /**
     * What the service needs: the launcher's part and the service's. Where the modules are no jars
     * but folders of classes (an IDE), there are no lists of dependencies and this process's class
     * path serves.
     */
    public static String classPath(ServiceKind kind) {
        Path services = codeOf(ServiceKind.class);
        Path service = codeOf(kind.configuration());
        if (Files.isDirectory(services) || Files.isDirectory(service)) {
            return System.getProperty("java.class.path");
        }
        return Stream.of(services, service)
                .map(jar -> jar + File.pathSeparator + dependencies(jar))
                .reduce((launcher, own) -> launcher + File.pathSeparator + own)
                .orElseThrow();
    }

    private static String dependencies(Path jar) {
        Path list = jar.resolveSibling(DEPENDENCIES);
        try {
            return Files.readString(list).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("the list of dependencies " + list + " is missing", e);
        }
    }

    private static Path codeOf(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> options() {
        try (InputStream in =
                Objects.requireNonNull(ServiceKind.class.getResourceAsStream(OPTIONS))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
