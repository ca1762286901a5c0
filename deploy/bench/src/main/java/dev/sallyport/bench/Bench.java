package dev.sallyport.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The rounds: each contender in turn with each number of connections, and all over again, so that a
 * slow minute of the machine hits all.
 */
final class Bench {
    /** Quiet is when all workers together use less than this share of one core over a second. */
    private static final double QUIET_SHARE = 0.25;

    private static final Duration QUIET_WITHIN = Duration.ofMinutes(3);

    private static final long WARM_CALLS = 30_000;
    private static final Duration WARM_UP_TURN = Duration.ofSeconds(5);

    private final Wrk wrk;
    private final DatabaseTimes database;
    private final String kafka;
    private final long rows;
    private final Consumer<String> progress;

    Bench(Wrk wrk, DatabaseTimes database, String kafka, long rows, Consumer<String> progress) {
        this.wrk = wrk;
        this.database = database;
        this.kafka = kafka;
        this.rows = rows;
        this.progress = progress;
    }

    /**
     * Measures all contenders.
     *
     * @throws BenchException {@code answers_wrong} if any answer was
     */
    List<Measurement> run(
            List<Contender> contenders,
            List<Integer> connections,
            int rounds,
            Duration length,
            Duration warmUp) {
        warmUp(contenders, connections.getLast(), warmUp);
        return rounds(contenders, connections, rounds, length);
    }

    /** Loads each server until it is warm; JDBC is loaded by a new process each time. */
    void warmUp(List<Contender> contenders, int connections, Duration longest) {
        for (Contender contender : contenders) {
            if (contender.load() instanceof Contender.Load.Http http) {
                warmUp(contender, http, connections, longest);
            }
        }
    }

    /** Measures what is warm. */
    List<Measurement> rounds(
            List<Contender> contenders, List<Integer> connections, int rounds, Duration length) {
        Map<String, Measurement> measured = new LinkedHashMap<>();
        for (int round = 1; round <= rounds; round++) {
            for (int count : connections) {
                for (Contender contender : contenders) {
                    if (!contender.measuredWith(count)) {
                        continue;
                    }
                    Measurement before =
                            measured.getOrDefault(
                                    contender.name() + count,
                                    Measurement.none(contender.name(), count));
                    Measurement after = round(contender, count, length, before);
                    measured.put(contender.name() + count, after);
                    Sample sample = after.rounds().getLast();
                    progress.accept(
                            "round %d, %2d connections, %-36s %8.0f calls/s, p50 %.2f ms"
                                    .formatted(
                                            round,
                                            count,
                                            contender.name(),
                                            sample.callsPerSecond(),
                                            sample.p50Micros() / 1e3));
                }
            }
        }
        return new ArrayList<>(measured.values());
    }

    /**
     * Compilers of the JVM and of V8 need calls, not seconds: warm is who has answered enough of
     * them, or had time enough.
     */
    private void warmUp(
            Contender contender, Contender.Load.Http http, int connections, Duration longest) {
        long calls = 0;
        Duration spent = Duration.ZERO;
        Sample last = new Sample(0, 1, 0, 0, 0, "");
        while (calls < WARM_CALLS && spent.compareTo(longest) < 0) {
            last = wrk.run(http, connections, WARM_UP_TURN);
            refuseWrong(contender, last);
            calls += last.calls();
            spent = spent.plus(WARM_UP_TURN);
            // calls that wrk gave up on are still under way and would fill the queue of the next
            // turn
            awaitQuiet(contender);
        }
        progress.accept(
                "warmed up %s with %d calls in %d s, %.0f calls/s at the end"
                        .formatted(
                                contender.name(), calls, spent.toSeconds(), last.callsPerSecond()));
    }

    private Measurement round(
            Contender contender, int connections, Duration length, Measurement before) {
        Map<String, Long> cpu = times(contender);
        DatabaseTimes.Snapshot databaseBefore = database.now();
        return switch (contender.load()) {
            case Contender.Load.Http http -> {
                Sample sample = wrk.run(http, connections, length);
                requireRight(contender, sample);
                // what is still to be done for these calls - sealing them into the audit log, say -
                // is part of their price
                awaitQuiet(contender);
                Map<String, Long> spent = times(contender);
                cpu.forEach((worker, micros) -> spent.merge(worker, -micros, Long::sum));
                yield before.with(sample, spent, database.since(databaseBefore));
            }
            case Contender.Load.Jdbc jdbc ->
                    jdbc(contender, jdbc, connections, length, before, databaseBefore);
        };
    }

    private Measurement jdbc(
            Contender contender,
            Contender.Load.Jdbc jdbc,
            int connections,
            Duration length,
            Measurement before,
            DatabaseTimes.Snapshot databaseBefore) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "bench",
                                "jdbc-load",
                                "--kafka",
                                kafka,
                                "--connections",
                                String.valueOf(connections),
                                "--seconds",
                                String.valueOf(length.toSeconds()),
                                "--rows",
                                String.valueOf(rows)));
        arguments.addAll(jdbc.arguments());
        String out = Programs.output(length.plusSeconds(60), Programs.sallyport(arguments));
        String line =
                out.lines()
                        .filter(l -> l.startsWith("RESULT "))
                        .findFirst()
                        .orElseThrow(() ->
                                new BenchException(
                                        "bench_failed", "the JDBC load gave no result: " + out));
        long[] f =
                List.of(line.split(" ", -1)).stream().skip(1).mapToLong(Long::parseLong).toArray();
        Sample sample = new Sample(f[0], f[1] / 1e6, f[2], f[3], f[4], "");
        requireRight(contender, sample);
        // the database's share includes the warm-up of that process, so it is scaled by time
        double share = sample.seconds() / (sample.seconds() + JdbcLoadCommand.WARM_UP.toSeconds());
        double all =
                database.since(databaseBefore).values().stream().mapToLong(Long::longValue).sum();
        return before.with(sample, Map.of("load", f[5]), Map.of("load", Math.round(all * share)));
    }

    private static void requireRight(Contender contender, Sample sample) {
        refuseWrong(contender, sample);
        if (sample.calls() == 0) {
            throw new BenchException(
                    "bench_failed", contender.name() + " gave no answer in a whole round");
        }
    }

    private static void refuseWrong(Contender contender, Sample sample) {
        if (sample.wrong() > 0) {
            throw new BenchException(
                    "answers_wrong",
                    contender.name()
                            + " gave "
                            + sample.wrong()
                            + " wrong answers and "
                            + sample.calls()
                            + " right ones: "
                            + sample.example());
        }
    }

    private static Map<String, Long> times(Contender contender) {
        Map<String, Long> times = new TreeMap<>();
        contender
                .workers()
                .forEach(worker ->
                        times.merge(worker.name(), ProcessTimes.micros(worker), Long::sum));
        return times;
    }

    static void awaitQuiet(Contender contender) {
        Programs.await(
                () -> {
                    long before = sum(times(contender));
                    Programs.pause(Duration.ofSeconds(1));
                    return sum(times(contender)) - before < QUIET_SHARE * 1e6;
                },
                QUIET_WITHIN,
                contender.name() + " to finish its work");
    }

    private static long sum(Map<String, Long> times) {
        return times.values().stream().mapToLong(Long::longValue).sum();
    }
}
