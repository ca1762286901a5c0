package dev.sallyport.monitor;

import dev.sallyport.monitor.fault.MonitorException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/**
 * The name under which this instance is a static member of its consumer groups: made at the first
 * start and kept in the state folder, which is this instance's alone. A member that was killed
 * takes its own place again when it comes back under the same name, whatever the group's
 * coordinator still believes of its former life.
 */
final class InstanceId {
    private static final String FILE = "instance";

    private InstanceId() {}

    /**
     * The name that stands in the folder, or a new one.
     *
     * @throws MonitorException {@code state_unusable}
     */
    static String in(Path stateDir) {
        Path file = stateDir.resolve(FILE);
        try {
            Files.createDirectories(stateDir);
            if (Files.notExists(file)) {
                Path fresh = stateDir.resolve(FILE + ".new");
                Files.writeString(fresh, UUID.randomUUID().toString(), StandardCharsets.UTF_8);
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            }
            return UUID.fromString(Files.readString(file).strip()).toString();
        } catch (IOException | IllegalArgumentException e) {
            throw new MonitorException(
                    "state_unusable", "the state folder " + stateDir + " cannot be used", e);
        }
    }
}
