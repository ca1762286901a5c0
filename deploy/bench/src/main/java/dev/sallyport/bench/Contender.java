package dev.sallyport.bench;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One way to make a call, and who works when it is made.
 *
 * @param name what stands in the table
 * @param load how the calls are made
 * @param workers the processes whose CPU time the calls cost, beside the database
 * @param connections with how many it is measured; empty for every number
 */
record Contender(String name, Load load, List<Worker> workers, Set<Integer> connections) {
    /** Measured with every number of connections. */
    Contender(String name, Load load, List<Worker> workers) {
        this(name, load, workers, Set.of());
    }

    boolean measuredWith(int count) {
        return connections.isEmpty() || connections.contains(count);
    }

    /** How calls are made. */
    sealed interface Load {
        /**
         * MCP over HTTP, posted by wrk.
         *
         * @param body the JSON-RPC message; {@code @KEY@} stands for the random key
         * @param expected what stands in every right answer, beside the key in its id;
         *     {@code @KEY@} as in the body
         */
        record Http(
                String host,
                int port,
                String path,
                Map<String, String> headers,
                String body,
                String expected)
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
