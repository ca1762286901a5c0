package dev.sallyport.schema.registry;

import dev.sallyport.schema.SallyportException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An entry that a person wrote is wrong: {@code registry_malformed}. */
public final class RegistryEntryException extends SallyportException {
    private final transient List<String> path;
    private final String what;

    RegistryEntryException(String key, List<String> path, String what, @Nullable Throwable cause) {
        super("registry_malformed", key + ": " + words(path) + what, cause);
        this.path = List.copyOf(path);
        this.what = what;
    }

    private static String words(List<String> path) {
        return path.isEmpty() ? "" : String.join(".", path) + ": ";
    }

    /** The members and indexes that lead to what is wrong; empty where it is the whole entry. */
    public List<String> path() {
        return path;
    }

    /** What is wrong there and what would be right. */
    public String what() {
        return what;
    }
}
