package dev.sallyport.cli.stack;

import dev.sallyport.schema.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import tools.jackson.core.JacksonException;

/**
 * Where the parts of a running stack are; kept in its data folder for the commands that talk to it.
 *
 * @param mcp the gateway's MCP endpoint; tokens for it name it as their audience
 * @param audit the audit service; tokens for it name it as their audience
 * @param auditKey the verifier key of the audit log's checkpoints
 * @param issuers the OAuth issuer of each tenant
 * @param tokenEndpoints where each tenant's clients get tokens
 */
public record StackDescription(
        URI mcp,
        URI audit,
        String auditKey,
        URI openSearch,
        String kafka,
        Map<String, URI> issuers,
        Map<String, URI> tokenEndpoints) {
    private static final String FILE = "stack.json";

    /** The data folder where none is named. */
    public static Path defaultFolder() {
        return Path.of(System.getProperty("user.home"), ".sallyport");
    }

    void writeTo(Path folder) {
        Path file = folder.resolve(FILE);
        Path fresh = folder.resolve(FILE + ".new");
        try {
            Files.write(
                    fresh, Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
            Files.move(
                    fresh,
                    file,
                    StandardCopyOption.REPLACE_EXISTING,
                    StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("the file " + file + " cannot be written", e);
        }
    }

    /**
     * The description of the stack in the folder.
     *
     * @throws StackException {@code stack_unknown} if none was started there
     */
    public static StackDescription of(Path folder) {
        Path file = folder.resolve(FILE);
        try {
            return Json.mapper().readValue(Files.readAllBytes(file), StackDescription.class);
        } catch (IOException | JacksonException e) {
            throw new StackException(
                    "stack_unknown",
                    "no stack was started in "
                            + folder
                            + ": start one with sallyport up, or name its folder with --data",
                    e);
        }
    }
}
