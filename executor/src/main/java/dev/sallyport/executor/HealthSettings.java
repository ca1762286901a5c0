package dev.sallyport.executor;

import dev.sallyport.schema.config.Default;

/**
 * Where {@code /healthz} is answered.
 *
 * @param host address to listen on
 * @param port 0 for any free one
 */
public record HealthSettings(@Default("127.0.0.1") String host, @Default("8085") int port) {
    public HealthSettings {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port must be 0 to 65535: " + port);
        }
    }
}
