package dev.sallyport.bench;

import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.embedded.EmbeddedPostgres;
import dev.sallyport.embedded.EmbeddedStack;
import dev.sallyport.schema.registry.Database;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code sallyport bench peers}: the same point read through Sallyport, through its peers, and
 * straight from the database.
 */
@Command(
        name = "peers",
        mixinStandardHelpOptions = true,
        description = {
            "Measure one point read (a million rows, random key) through Sallyport with all services as processes of",
            "their own, through MCP Toolbox for Databases and DBHub, and straight through JDBC.",
            "Needs wrk and npm; the first run downloads the two peers."
        })
final class PeersCommand implements Runnable {
    @Option(
            names = "--data",
            description =
                    "Where the stack, the table and the peers live (default: ~/.sallyport-bench).")
    Path folder = Path.of(System.getProperty("user.home"), ".sallyport-bench");

    @Option(
            names = "--connections",
            split = ",",
            defaultValue = "1,16,64",
            description = "HTTP connections (default: ${DEFAULT-VALUE}).")
    List<Integer> connections = List.of();

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description = "How often each is measured (default: ${DEFAULT-VALUE}).")
    int rounds;

    @Option(
            names = "--seconds",
            defaultValue = "6",
            description = "How long a round lasts (default: ${DEFAULT-VALUE}).")
    int seconds;

    @Option(
            names = "--warm-up",
            defaultValue = "180",
            description =
                    "Seconds of load before the first round at the most (default: ${DEFAULT-VALUE}).")
    int warmUp;

    @Option(
            names = "--rows",
            defaultValue = "1000000",
            description = "Rows of the table (default: ${DEFAULT-VALUE}).")
    long rows;

    @Option(names = "--only", description = "Measure only contenders whose name contains this.")
    @Nullable String only;

    @Option(
            names = "--json",
            description = "Where the result is written (default: peers.json in the data folder).")
    @Nullable Path json;

    @Override
    public void run() {
        Programs.output(
                Duration.ofSeconds(10), List.of("sh", "-c", "command -v wrk && command -v npm"));
        try (var sallyport = SallyportStack.start(folder, new Progress())) {
            onSignal(sallyport::close);
            Database database = sallyport.database();
            say("filling the table where it is missing");
            String password = PointTable.prepare(sallyport.postgres(), database, rows);
            EmbeddedPostgres postgres = sallyport.postgres();
            String name = database.jdbcUrl().replaceFirst("^.*/([^/?]+)(\\?.*)?$", "$1");
            say("installing the peers where they are missing");
            try (var peers =
                    new NpmPeers(
                            folder.resolve("peers"),
                            new NpmPeers.Database(
                                    postgres.host(),
                                    postgres.port(),
                                    name,
                                    PointTable.PEER_LOGIN,
                                    password,
                                    database.connectionsMax()))) {
                onSignal(peers::close);
                List<Contender> contenders = new ArrayList<>(sallyport.contenders());
                contenders.addAll(peers.start());
                contenders.add(
                        new Contender(
                                "JDBC under the sealed context",
                                new Contender.Load.Jdbc(List.of()),
                                List.of()));
                contenders.add(
                        new Contender(
                                "JDBC without a context",
                                new Contender.Load.Jdbc(
                                        List.of(
                                                "--password-file",
                                                passwordFile(password).toString())),
                                List.of()));
                if (only != null) {
                    contenders.removeIf(contender ->
                            !contender
                                    .name()
                                    .toLowerCase(Locale.ROOT)
                                    .contains(only.toLowerCase(Locale.ROOT)));
                }
                measure(sallyport, contenders, database);
            }
        }
    }

    /** Ctrl-C leaves no process behind; what is closed already is not closed again. */
    private static void onSignal(Runnable close) {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(close));
    }

    private void measure(SallyportStack sallyport, List<Contender> contenders, Database database) {
        var bench =
                new Bench(
                        new Wrk(folder, rows),
                        new Contender.Worker("PostgreSQL", postmaster(), true),
                        sallyport.bootstrapServers(),
                        rows,
                        PeersCommand::say);
        List<Measurement> measurements =
                bench.run(
                        contenders,
                        connections,
                        rounds,
                        Duration.ofSeconds(seconds),
                        Duration.ofSeconds(warmUp));
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put(
                "load",
                rounds
                        + " rounds of "
                        + seconds
                        + " s each, interleaved; medians; every answer checked");
        settings.put(
                "database",
                "PostgreSQL, "
                        + rows
                        + " rows, at most "
                        + database.connectionsMax()
                        + " connections a server");
        settings.put("peers", NpmPeers.TOOLBOX + ", " + NpmPeers.DBHUB);
        var report = new Report(Machine.description(), settings, measurements);
        Path file = json == null ? folder.resolve("peers.json") : json;
        report.writeTo(file);
        System.out.println();
        System.out.println(report.text());
        System.out.println("As JSON: " + file);
    }

    /**
     * The postmaster is the child of this process, or of the wrapper that it was started with,
     * whose own children are servers.
     */
    private static long postmaster() {
        return ProcessHandle.current()
                .descendants()
                .filter(process ->
                        process.info()
                                .command()
                                .map(command -> command.endsWith("/postgres"))
                                .orElse(false))
                .filter(process ->
                        process.parent()
                                .flatMap(parent -> parent.info().command())
                                .map(command -> !command.endsWith("/postgres"))
                                .orElse(true))
                .map(ProcessHandle::pid)
                .findFirst()
                .orElseThrow(() ->
                        new BenchException(
                                "bench_failed", "no PostgreSQL runs below this process"));
    }

    private Path passwordFile(String password) {
        try {
            Path file = folder.resolve("peer.password");
            Files.deleteIfExists(file);
            Files.createFile(
                    file,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            return Files.writeString(file, password);
        } catch (IOException e) {
            throw new UncheckedIOException("the password file cannot be written", e);
        }
    }

    private static void say(String line) {
        System.out.println("  " + line);
    }

    private static final class Progress implements LocalStack.Progress {
        @Override
        public void starting(EmbeddedStack.Part part) {}

        @Override
        public void ready(EmbeddedStack.Part part, Duration took, String address) {
            done(part.text(), took);
        }

        @Override
        public void done(String what, Duration took) {
            say("%-11s ready after %.1f s".formatted(what, took.toMillis() / 1e3));
        }
    }
}
