package dev.sallyport.bench;

import java.util.List;
import java.util.Map;

/**
 * One way to make the point read, and who works when it is made.
 *
 * @param name what stands in the table
 * @param load how the calls are made
 * @param workers the processes whose CPU time the calls cost, beside the database
 */
record Contender(String name, Load load, List<Worker> workers) {
    /** How calls are made. */
    sealed interface Load {
        /**
         * MCP over HTTP, posted by wrk.
         *
         * @param body the JSON-RPC message; {@code @KEY@} stands for the random key
         */
        record Http(String host, int port, String path, Map<String, String> headers, String body)
                implements Load {}

        /**
         * JDBC from a process of its own.
         *
         * @param arguments for {@link JdbcLoadCommand}
         */
        record Jdbc(List<String> arguments) implements Load {}
    }

    /**
     * Processes that count together.
     *
     * @param withDescendants whether the processes that it started count too
     */
    record Worker(String name, long pid, boolean withDescendants) {}
}
