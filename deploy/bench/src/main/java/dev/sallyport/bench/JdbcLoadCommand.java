package dev.sallyport.bench;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Call;
import dev.sallyport.executor.engine.Caller;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Engines;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.topic.KafkaSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The limit: the same read or write from Java, with no HTTP, token, log or second process on the
 * way. Prints one line for {@link PeersCommand}.
 */
@Command(name = "jdbc-load", hidden = true, description = "Load the database directly.")
final class JdbcLoadCommand implements Runnable {
    private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(30);
    static final Duration WARM_UP = Duration.ofSeconds(4);

    @Option(names = "--kafka", required = true)
    String kafka = "";

    @Option(names = "--connections", required = true)
    int connections;

    @Option(names = "--seconds", required = true)
    int seconds;

    @Option(names = "--rows", required = true)
    long rows;

    @Option(
            names = "--password-file",
            description = "Work without a context, with the peers' login and this password.")
    @Nullable Path passwordFile;

    @Option(names = "--write", description = "Change the row and enter that in a ledger.")
    boolean write;

    /** One read or write by key: whether the database gave the right answer. */
    private interface Work {
        boolean on(long key) throws SQLException;
    }

    @Override
    public void run() {
        Database database = SallyportStack.database(new KafkaSettings(kafka, Map.of()));
        try (var engines = new Engines(new Secrets(Map.of()), InstantSource.system(), true);
                var plain = new Plain(database, passwordFile, write)) {
            Engine engine = engines.of(database);
            Work work =
                    passwordFile == null
                            ? write
                                    ? key -> sealedWrite(engine, database, key)
                                    : key -> sealedRead(engine, database, key)
                            : write ? plain::write : plain::read;
            load(work, WARM_UP);
            long cpu = ownMicros();
            Sample sample = load(work, Duration.ofSeconds(seconds));
            System.out.printf(
                    "RESULT %d %d %d %d %d %d%n",
                    sample.calls(),
                    Math.round(sample.seconds() * 1e6),
                    sample.p50Micros(),
                    sample.p99Micros(),
                    sample.wrong(),
                    ownMicros() - cpu);
        } catch (SQLException e) {
            throw new BenchException(
                    "bench_failed", "the database refused a connection: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException("the password cannot be read", e);
        }
    }

    private static long ownMicros() {
        return ProcessTimes.micros(
                new Contender.Worker("this process", ProcessHandle.current().pid(), false));
    }

    private static boolean sealedRead(Engine engine, Database database, long key) {
        var call = call(database, PointTable.byKey(String.valueOf(key)));
        Answer answer =
                engine.run(call, new Ending.RollBack(), new Cancellation(), new Stopwatch());
        return answer instanceof Answer.Succeeded done
                && done.rows() == 1
                && new String(done.result(), StandardCharsets.UTF_8)
                        .contains(PointTable.ROW.replace("@KEY@", String.valueOf(key)));
    }

    private static boolean sealedWrite(Engine engine, Database database, long key) {
        var call = call(database, PointTable.change(String.valueOf(key)));
        Answer answer =
                engine.run(
                        call,
                        new Ending.Commit(Ending.Confirmation.GIVEN),
                        new Cancellation(),
                        new Stopwatch());
        return answer instanceof Answer.Succeeded done
                && done.rowsAffected() == 1
                && !done.repeated();
    }

    private static Call call(Database database, String sql) {
        return new Call(
                new Caller(SallyportStack.TENANT, "bench", CallId.next()),
                database.limits(),
                Instant.now().plus(STATEMENT_TIMEOUT),
                null,
                new Instruction.Statement(sql, List.of()));
    }

    /**
     * Ordinary JDBC with a fixed set of connections and without a context; a read is in autocommit,
     * a write is a transaction of two statements.
     */
    private static final class Plain implements AutoCloseable {
        private final BlockingQueue<Connection> idle;
        private final List<Connection> all = new ArrayList<>();

        Plain(Database database, @Nullable Path passwordFile, boolean write)
                throws SQLException, IOException {
            idle = new ArrayBlockingQueue<>(database.connectionsMax());
            if (passwordFile != null) {
                String password = Files.readString(passwordFile);
                for (int i = 0; i < database.connectionsMax(); i++) {
                    Connection connection =
                            DriverManager.getConnection(
                                    database.jdbcUrl(), PointTable.PEER_LOGIN, password);
                    connection.setAutoCommit(!write);
                    all.add(connection);
                    idle.add(connection);
                }
            }
        }

        boolean read(long key) throws SQLException {
            Connection connection = take();
            try (var statement = connection.prepareStatement(PointTable.byKey("?"))) {
                statement.setLong(1, key);
                try (var rows = statement.executeQuery()) {
                    return rows.next()
                            && rows.getString(2)
                                    .equals(PointTable.ROW.replace("@KEY@", String.valueOf(key)));
                }
            } finally {
                idle.add(connection);
            }
        }

        boolean write(long key) throws SQLException {
            Connection connection = take();
            try (var ledger = connection.prepareStatement(PointTable.PLAIN_LEDGER);
                    var change = connection.prepareStatement(PointTable.change("?"))) {
                ledger.setObject(1, UUID.randomUUID());
                change.setLong(1, key);
                boolean right = ledger.executeUpdate() == 1 && change.executeUpdate() == 1;
                connection.commit();
                return right;
            } finally {
                idle.add(connection);
            }
        }

        private Connection take() {
            try {
                return idle.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BenchException("bench_failed", "interrupted", e);
            }
        }

        @Override
        public void close() throws SQLException {
            for (Connection connection : all) {
                connection.close();
            }
        }
    }

    private Sample load(Work work, Duration length) {
        long start = System.nanoTime();
        long end = start + length.toNanos();
        List<Future<long[]>> callers = new ArrayList<>();
        long[] wrong = new long[connections];
        List<long[]> times = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < connections; i++) {
                int caller = i;
                callers.add(
                        threads.submit(() -> {
                            long[] micros = new long[1024];
                            int calls = 0;
                            while (System.nanoTime() < end) {
                                long key = ThreadLocalRandom.current().nextLong(rows) + 1;
                                long began = System.nanoTime();
                                if (!work.on(key)) {
                                    wrong[caller]++;
                                }
                                if (calls == micros.length) {
                                    micros = Arrays.copyOf(micros, calls * 2);
                                }
                                micros[calls++] = (System.nanoTime() - began) / 1000;
                            }
                            return Arrays.copyOf(micros, calls);
                        }));
            }
            for (Future<long[]> caller : callers) {
                times.add(caller.get());
            }
        } catch (ExecutionException e) {
            throw new BenchException("bench_failed", "a statement failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("bench_failed", "interrupted", e);
        }
        double took = (System.nanoTime() - start) / 1e9;
        long[] sorted = times.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        long bad = Arrays.stream(wrong).sum();
        return new Sample(
                sorted.length - bad, took, percentile(sorted, 50), percentile(sorted, 99), bad, "");
    }

    private static long percentile(long[] sorted, int percent) {
        return sorted.length == 0
                ? 0
                : sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
    }
}
