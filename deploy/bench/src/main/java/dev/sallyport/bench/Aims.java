package dev.sallyport.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The figures that Sallyport is to have beside its peers. What was not measured has no line. */
final class Aims {
    /** Connections at which the machine has no idle core left. */
    static final int BUSY = 16;

    static final int FULL = 64;

    static final String QUERY = "Sallyport, db_query";
    static final String TOOLBOX = "Toolbox, execute_sql";
    static final String DBHUB = "DBHub, execute_sql";
    static final String SEALED_READ = "JDBC under the sealed context";
    static final String PLAIN_READ = "JDBC without a context";
    static final String SEALED_WRITE = "JDBC write under the sealed context";
    static final String PLAIN_WRITE = "JDBC write without a context";

    private final List<Measurement> measurements;
    private final List<Aim> aims = new ArrayList<>();

    private Aims(List<Measurement> measurements) {
        this.measurements = measurements;
    }

    /**
     * @param tenants null where many tenants were not measured
     */
    static List<Aim> of(List<Measurement> measurements, @Nullable ManyTenants tenants) {
        Aims aims = new Aims(measurements);
        for (int connections : List.of(BUSY, FULL)) {
            aims.speed(QUERY, DBHUB, connections, 1.0);
        }
        for (int connections : List.of(BUSY, FULL)) {
            aims.speed(QUERY, TOOLBOX, connections, 0.30);
        }
        aims.compare(QUERY, TOOLBOX, 1, Measurement::p50Millis)
                .ifPresent(ratio ->
                        aims.aims.add(
                                Aim.atMost(
                                        "p50 of %s against %s, 1 connection"
                                                .formatted(QUERY, TOOLBOX),
                                        ratio,
                                        3.0,
                                        "")));
        aims.find(QUERY, BUSY)
                .ifPresent(ours -> {
                    aims.aims.add(
                            Aim.atMost(
                                    "CPU a call, our processes, 16 connections",
                                    ours.cpuMicrosPerCall(),
                                    600,
                                    " us"));
                    aims.aims.add(
                            Aim.atMost(
                                    "CPU a call, PostgreSQL, 16 connections",
                                    ours.databaseMicrosPerCall(),
                                    200,
                                    " us"));
                });
        aims.speed(SEALED_READ, PLAIN_READ, BUSY, 0.25);
        aims.speed(SEALED_WRITE, PLAIN_WRITE, BUSY, 0.5);
        if (tenants != null) {
            aims.aims.add(
                    Aim.atLeast(
                            "calls/s, %d tenants and %d grants against 2 tenants, 16 connections"
                                    .formatted(tenants.tenants(), tenants.grants()),
                            tenants.ratio(),
                            0.9,
                            ""));
        }
        return List.copyOf(aims.aims);
    }

    private void speed(String ours, String theirs, int connections, double aim) {
        compare(ours, theirs, connections, Measurement::callsPerSecond)
                .ifPresent(ratio ->
                        aims.add(
                                Aim.atLeast(
                                        "calls/s of %s against %s, %d connections"
                                                .formatted(ours, theirs, connections),
                                        ratio,
                                        aim,
                                        "")));
    }

    private Optional<Double> compare(
            String ours, String theirs, int connections, ToDoubleFunction<Measurement> figure) {
        return find(ours, connections)
                .flatMap(us ->
                        find(theirs, connections)
                                .map(them ->
                                        figure.applyAsDouble(us) / figure.applyAsDouble(them)));
    }

    private Optional<Measurement> find(String contender, int connections) {
        return measurements.stream()
                .filter(m -> m.contender().equals(contender) && m.connections() == connections)
                .findFirst();
    }
}
