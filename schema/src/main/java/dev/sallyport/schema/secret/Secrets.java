package dev.sallyport.schema.secret;

import dev.sallyport.schema.SchemaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Follows references to secrets. */
public final class Secrets {
    private static final int BYTES_MAX = 65_536;
    private final Map<String, String> environment;

    /**
     * @param environment the process's environment, handed in by Main
     */
    public Secrets(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /**
     * The secret as it stands now, without white space around it: a caller that asks again sees a
     * rotation.
     *
     * @throws SchemaException {@code secret_unavailable} naming the reference, never the secret
     */
    public Secret resolve(SecretReference reference) {
        String text = reference.value();
        String found;
        if (text.startsWith("env:")) {
            found = environment.getOrDefault(text.substring("env:".length()), "");
        } else {
            found = read(reference, Path.of(text.substring("file:".length())));
        }
        if (found.isBlank()) {
            throw new SchemaException(
                    "secret_unavailable", "there is nothing at the secret reference " + reference);
        }
        return new Secret(found.strip());
    }

    private static String read(SecretReference reference, Path path) {
        try {
            if (Files.size(path) > BYTES_MAX) {
                throw new SchemaException(
                        "secret_unavailable",
                        reference + " is larger than a secret can be: " + BYTES_MAX + " bytes");
            }
            return Files.readString(path);
        } catch (IOException e) {
            throw new SchemaException(
                    "secret_unavailable",
                    reference + " cannot be read: " + e.getClass().getSimpleName(),
                    e);
        }
    }
}
