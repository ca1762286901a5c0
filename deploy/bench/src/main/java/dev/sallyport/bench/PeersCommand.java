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
 * {@code sallyport bench peers}: the same point read and the same write through Sallyport, through
 * its peers, and straight from the database.
 */
@Command(
        name = "peers",
        mixinStandardHelpOptions = true,
        description = {
            "Measure one point read (a million rows, random key) through Sallyport with all services as processes of",
            "their own, through MCP Toolbox for Databases and DBHub, and straight through JDBC; one write by key through",
            "Sallyport and JDBC; and reads with many tenants registered. Prints the aims beside the figures.",
            "Needs wrk and npm; the first run downloads the two peers."
        })
final class PeersCommand implements Runnable {
    /** The reads' cost hardly depends on it, and the table is filled each time. */
    private static final long MANY_TENANTS_ROWS = 100_000;

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
            defaultValue = "5",
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

    @Option(
            names = "--tenants",
            defaultValue = "10000",
            description =
                    "How many are many tenants, with ten grants each; 0 leaves them out (default: ${DEFAULT-VALUE}).")
    int tenants;

    @Option(
            names = "--only",
            description = "Measure only contenders whose name contains this, and not many tenants.")
    @Nullable String only;

    @Option(
            names = "--json",
            description = "Where the result is written (default: peers.json in the data folder).")
    @Nullable Path json;

    @Override
    public void run() {
        long began = System.nanoTime();
        Programs.output(
                Duration.ofSeconds(10), List.of("sh", "-c", "command -v wrk && command -v npm"));
        Measured measured = beside();
        // many tenants may fail, and what was measured so far is not to be lost by that
        report(measured, null, began);
        if (tenants > 0 && only == null) {
            report(measured, manyTenants(), began);
            // where it failed, the logs stay for who looks for the reason, until the next run
            Folders.delete(folder.resolve("many-tenants"));
        }
    }

    private void report(Measured measured, @Nullable ManyTenants many, long began) {
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
                        + measured.connectionsMax
                        + " connections a server");
        settings.put("peers", NpmPeers.TOOLBOX + ", " + NpmPeers.DBHUB);
        settings.put("took", (System.nanoTime() - began) / 60_000_000_000L + " min");
        var report =
                new Report(
                        Machine.description(),
                        settings,
                        measured.measurements,
                        many,
                        Aims.of(measured.measurements, many));
        Path file = json == null ? folder.resolve("peers.json") : json;
        report.writeTo(file);
        System.out.println();
        System.out.println(report.text());
        System.out.println("As JSON: " + file);
    }

    private record Measured(List<Measurement> measurements, int connectionsMax) {}

    /** Sallyport beside its peers. */
    private Measured beside() {
        try (var sallyport = SallyportStack.start(folder, new Progress())) {
            onSignal(sallyport::close);
            Database database = sallyport.database();
            say("filling the tables where they are missing");
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
                                            database.connectionsMax()));
                    var secret = new PasswordFile(folder, password);
                    var times =
                            new DatabaseTimes(
                                    postgres, SallyportStack.postmaster(), database.user())) {
                onSignal(peers::close);
                List<Contender> contenders = new ArrayList<>(sallyport.contenders());
                contenders.addAll(peers.start());
                contenders.add(jdbc(Aims.SEALED_READ));
                contenders.add(jdbc(Aims.PLAIN_READ, "--password-file", secret.path()));
                contenders.add(jdbc(Aims.SEALED_WRITE, "--write"));
                contenders.add(jdbc(Aims.PLAIN_WRITE, "--write", "--password-file", secret.path()));
                if (only != null) {
                    contenders.removeIf(contender ->
                            !contender
                                    .name()
                                    .toLowerCase(Locale.ROOT)
                                    .contains(only.toLowerCase(Locale.ROOT)));
                }
                List<Measurement> measurements =
                        bench(folder, times, sallyport, rows)
                                .run(
                                        contenders,
                                        connections,
                                        rounds,
                                        Duration.ofSeconds(seconds),
                                        Duration.ofSeconds(warmUp));
                return new Measured(measurements, database.connectionsMax());
            }
        }
    }

    /**
     * Few tenants against many. The two cannot be interleaved: what is registered cannot be
     * unregistered without telling every service of each entry again. So plain JDBC, which knows no
     * registry, is measured in each round too, and shows what the machine did in between. A stack
     * of its own is thrown away afterwards, so that the next run starts with two tenants again.
     */
    private ManyTenants manyTenants() {
        Path own = folder.resolve("many-tenants");
        Folders.delete(own);
        say("starting a stack of its own for many tenants");
        try (var sallyport = SallyportStack.start(own, new Progress())) {
            onSignal(sallyport::close);
            Database database = sallyport.database();
            long fewer = Math.min(rows, MANY_TENANTS_ROWS);
            String password = PointTable.prepare(sallyport.postgres(), database, fewer);
            try (var secret = new PasswordFile(own, password);
                    var times =
                            new DatabaseTimes(
                                    sallyport.postgres(),
                                    SallyportStack.postmaster(),
                                    database.user())) {
                var bench = bench(own, times, sallyport, fewer);
                List<Contender> contenders =
                        List.of(
                                sallyport.contenders().getFirst(),
                                jdbc(Aims.PLAIN_READ, "--password-file", secret.path()));
                bench.warmUp(contenders, Aims.BUSY, Duration.ofSeconds(warmUp));
                List<Measurement> few = busyRounds(bench, contenders);
                var registration = new Registration(sallyport, tenants, PeersCommand::say);
                Duration took = registration.run(contenders.getFirst());
                List<Measurement> many = busyRounds(bench, contenders);
                return new ManyTenants(
                        tenants,
                        tenants * Registration.GRANTS_EACH,
                        took.toMillis() / 1e3,
                        few.getFirst(),
                        few.getLast(),
                        many.getFirst(),
                        many.getLast());
            }
        }
    }

    private List<Measurement> busyRounds(Bench bench, List<Contender> contenders) {
        return bench.rounds(contenders, List.of(Aims.BUSY), rounds, Duration.ofSeconds(seconds));
    }

    private static Bench bench(
            Path folder, DatabaseTimes times, SallyportStack sallyport, long rows) {
        return new Bench(
                new Wrk(folder, rows),
                times,
                sallyport.bootstrapServers(),
                rows,
                PeersCommand::say);
    }

    private static Contender jdbc(String name, String... arguments) {
        return new Contender(name, new Contender.Load.Jdbc(List.of(arguments)), List.of());
    }

    /** Ctrl-C leaves no process behind; what is closed already is not closed again. */
    private static void onSignal(Runnable close) {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(close));
    }

    /** The password of the peers' login, in a file that is there as long as it is needed. */
    private static final class PasswordFile implements AutoCloseable {
        private final Path file;

        PasswordFile(Path folder, String password) {
            this.file = folder.resolve("peer.password");
            try {
                Files.deleteIfExists(file);
                Files.createFile(
                        file,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
                Files.writeString(file, password);
            } catch (IOException e) {
                throw new UncheckedIOException("the password file cannot be written", e);
            }
        }

        String path() {
            return file.toString();
        }

        @Override
        public void close() {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new UncheckedIOException("the password file cannot be deleted", e);
            }
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
