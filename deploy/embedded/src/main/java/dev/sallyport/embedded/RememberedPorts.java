package dev.sallyport.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports of one data folder: chosen free at the first start, remembered, and used again at later
 * starts while they are free.
 */
final class RememberedPorts {

    private static final String FILE = "ports.properties";

    // Below the range from which Linux takes the local ports of outgoing connections (32768 up), so
    // that no connection can take a chosen port before its server has bound it.
    private static final int LOWEST = 20_000;
    private static final int HIGHEST = 32_000;
    private static final int TRIES_MAX = 200;

    private final Path file;
    private final Set<Integer> givenOut = new HashSet<>();

    RememberedPorts(Path folder) {
        this.file = folder.resolve(FILE);
    }

    /**
     * The port of this name: the remembered one when it is free, else a new free one, which is
     * remembered.
     */
    synchronized int port(String name) {
        Properties ports = read();
        int remembered = parse(ports.getProperty(name, ""));
        if (remembered > 0 && isFree(remembered) && givenOut.add(remembered)) {
            return remembered;
        }
        for (int attempt = 0; attempt < TRIES_MAX; attempt++) {
            int candidate = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
            if (!ports.containsValue(String.valueOf(candidate))
                    && isFree(candidate)
                    && givenOut.add(candidate)) {
                ports.setProperty(name, String.valueOf(candidate));
                write(ports);
                return candidate;
            }
        }
        throw new EmbeddedException(
                EmbeddedException.Code.PORT_TAKEN,
                "found no free port between %d and %d on 127.0.0.1 in %d tries"
                        .formatted(LOWEST, HIGHEST, TRIES_MAX));
    }

    /** Whether the port can be listened on. */
    static boolean isFree(int port) {
        return Forking.apart(() -> canBind(port));
    }

    private static boolean canBind(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
            return true;
        } catch (IOException taken) {
            return false;
        }
    }

    private Properties read() {
        Properties ports = new Properties();
        if (Files.exists(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                ports.load(in);
            } catch (IOException | IllegalArgumentException e) {
                throw new EmbeddedException(
                        EmbeddedException.Code.FOLDER_UNUSABLE,
                        "cannot read the remembered ports in %s (%s): delete that file to have new ones chosen"
                                .formatted(file, e),
                        e);
            }
        }
        return ports;
    }

    private void write(Properties ports) {
        Path next = file.resolveSibling(FILE + ".next");
        try {
            try (OutputStream out = Files.newOutputStream(next)) {
                for (String name : new java.util.TreeSet<>(ports.stringPropertyNames())) {
                    out.write((name + "=" + ports.getProperty(name) + "\n").getBytes(US_ASCII));
                }
            }
            Files.move(
                    next,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot remember the ports in %s: %s".formatted(file, e),
                    e);
        }
    }

    private static int parse(String text) {
        try {
            int port = Integer.parseInt(text.strip());
            return port > 0 && port < 65_536 ? port : 0;
        } catch (NumberFormatException damaged) {
            return 0;
        }
    }
}
