package dev.sallyport.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * CPU time of processes as the kernel tells it in /proc (proc_pid_stat(5)): user and system time.
 */
final class ProcessTimes {
    /** USER_HZ, which is 100 on every Linux that a JDK 25 runs on. */
    private static final long MICROS_A_TICK = 10_000;

    private static final Path PROC = Path.of("/proc");

    private ProcessTimes() {}

    /** One line of /proc/PID/stat; the times of children are those of children that have ended. */
    private record Stat(long pid, long parent, long own, long endedChildren) {}

    /** CPU time so far in microseconds, with all descendants, living and ended, if asked for. */
    static long micros(Contender.Worker worker) {
        Map<Long, Stat> all = stats();
        Stat root = all.get(worker.pid());
        if (root == null) {
            throw new BenchException(
                    "bench_failed",
                    worker.name() + " is not running any more (process " + worker.pid() + ")");
        }
        if (!worker.withDescendants()) {
            return root.own * MICROS_A_TICK;
        }
        Map<Long, List<Stat>> children = new HashMap<>();
        all.values()
                .forEach(stat ->
                        children.computeIfAbsent(stat.parent, _ -> new ArrayList<>()).add(stat));
        long ticks = 0;
        var open = new ArrayDeque<Stat>(List.of(root));
        while (!open.isEmpty()) {
            Stat stat = open.pop();
            ticks += stat.own + stat.endedChildren;
            children.getOrDefault(stat.pid, List.of()).forEach(open::push);
        }
        return ticks * MICROS_A_TICK;
    }

    /** CPU time so far in microseconds of every process by its id, without its children's. */
    static Map<Long, Long> all() {
        Map<Long, Long> micros = new HashMap<>();
        stats().values().forEach(stat -> micros.put(stat.pid, stat.own * MICROS_A_TICK));
        return micros;
    }

    /** The command line; ProcessHandle gives none where it is as long as a class path. */
    static List<String> arguments(long pid) {
        try {
            return List.of(Files.readString(PROC.resolve(pid + "/cmdline")).split("\0", -1));
        } catch (IOException e) {
            return List.of(); // it has ended
        }
    }

    private static Map<Long, Stat> stats() {
        Map<Long, Stat> all = new HashMap<>();
        try (Stream<Path> entries = Files.list(PROC)) {
            for (Path entry : (Iterable<Path>) entries::iterator) {
                if (entry.getFileName().toString().chars().allMatch(Character::isDigit)) {
                    read(entry, all);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("/proc cannot be read: the benchmark needs Linux", e);
        }
        return all;
    }

    private static void read(Path entry, Map<Long, Stat> all) throws IOException {
        String line;
        try {
            line = Files.readString(entry.resolve("stat"));
        } catch (NoSuchFileException e) {
            return; // it has ended since the folder was listed
        } catch (IOException e) {
            if (!Files.exists(entry)) {
                return;
            }
            throw e;
        }
        Stat stat = parse(line);
        all.put(stat.pid, stat);
    }

    /**
     * The second field is the command's name in parentheses and may hold anything, so counting
     * starts behind the last one.
     */
    private static Stat parse(String line) {
        int close = line.lastIndexOf(')');
        String[] fields = line.substring(close + 2).split(" ", -1);
        return new Stat(
                Long.parseLong(line.substring(0, line.indexOf(' '))),
                Long.parseLong(fields[1]),
                Long.parseLong(fields[11]) + Long.parseLong(fields[12]),
                Long.parseLong(fields[13]) + Long.parseLong(fields[14]));
    }
}
