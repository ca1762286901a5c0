package dev.sallyport.cli.stack;

import dev.sallyport.service.ServiceKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * AOT caches (JEP 514 and 515) of the services' JVMs: loaded and linked classes and method profiles
 * of a training run. A JVM that finds its cache unfit says so on standard error and runs without.
 *
 * @param folder one file a service; null where there are no caches
 * @param training whether this run makes them
 */
public record ServiceCaches(@Nullable Path folder, boolean training) {
    /** No caches. */
    public static final ServiceCaches NONE = new ServiceCaches(null, false);

    /** Named by the launcher, which makes them before the first start. */
    private static final String PROPERTY = "sallyport.caches";

    /** The caches that the launcher names. */
    public static ServiceCaches ofLauncher() {
        String folder = System.getProperty(PROPERTY);
        return folder == null ? NONE : new ServiceCaches(Path.of(folder), false);
    }

    /** The caches that the launcher names, to be made by this run. */
    public static ServiceCaches made() {
        return new ServiceCaches(ofLauncher().folder, true);
    }

    /** The JVM's options for that service. */
    List<String> options(ServiceKind kind) {
        if (folder == null) {
            return List.of();
        }
        Path cache = folder.resolve(kind.command() + ".aot");
        if (training) {
            return List.of("-XX:AOTCacheOutput=" + cache);
        }
        return Files.exists(cache) ? List.of("-XX:AOTCache=" + cache) : List.of();
    }
}
