package dev.sallyport.bench;

import dev.sallyport.schema.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** The load tool: wrk, which nobody here wrote, with a script that checks every answer. */
final class Wrk {
    private static final int SEED = 4711;

    private final Path folder;
    private final long rows;

    /**
     * @param folder where scripts are written
     * @param rows keys are 1 to this
     */
    Wrk(Path folder, long rows) {
        this.folder = folder;
        this.rows = rows;
    }

    /** Loads the server; one thread of wrk, because the machine's cores are the servers' too. */
    Sample run(Contender.Load.Http target, int connections, Duration length) {
        Path script = script(target);
        try {
            return run(target, connections, length, script);
        } finally {
            // it holds the caller's token
            delete(script);
        }
    }

    private static Sample run(
            Contender.Load.Http target, int connections, Duration length, Path script) {
        String url = "http://" + target.host() + ":" + target.port() + target.path();
        String out =
                Programs.output(
                        length.plusSeconds(60),
                        List.of(
                                "wrk",
                                "--threads",
                                "1",
                                "--connections",
                                String.valueOf(connections),
                                "--duration",
                                length.toSeconds() + "s",
                                "--timeout",
                                "30s",
                                "--script",
                                script.toString(),
                                url));
        String line =
                out.lines()
                        .filter(l -> l.startsWith("RESULT "))
                        .findFirst()
                        .orElseThrow(() ->
                                new BenchException("bench_failed", "wrk gave no result: " + out));
        long[] f =
                List.of(line.split(" ", -1)).stream().skip(1).mapToLong(Long::parseLong).toArray();
        String wrong = out.lines().filter(l -> l.startsWith("WRONG ")).findFirst().orElse("");
        return new Sample(f[5], f[0] / 1e6, f[2], f[3], f[6] + f[7], wrong);
    }

    Path script(Contender.Load.Http target) {
        String headers =
                target.headers().entrySet().stream()
                        .map(header ->
                                "[" + quoted(header.getKey()) + "] = " + quoted(header.getValue()))
                        .collect(Collectors.joining(", "));
        String script =
                template()
                        .replace("@PATH@", target.path())
                        .replace("@BODY@", target.body())
                        .replace("@EXPECTED@", target.expected())
                        .replace("@ROWS@", String.valueOf(rows))
                        .replace("@HEADERS@", headers)
                        .replace("@SEED@", String.valueOf(SEED));
        try {
            return Files.writeString(Files.createTempFile(folder, "post-", ".lua"), script);
        } catch (IOException e) {
            throw new UncheckedIOException("wrk's script cannot be written in " + folder, e);
        }
    }

    private static void delete(Path script) {
        try {
            Files.delete(script);
        } catch (IOException e) {
            throw new UncheckedIOException("wrk's script cannot be deleted: " + script, e);
        }
    }

    /** JSON's quoting of plain ASCII text is Lua's too. */
    private static String quoted(String text) {
        return Json.mapper().writeValueAsString(text);
    }

    private static String template() {
        try (InputStream in = Objects.requireNonNull(Wrk.class.getResourceAsStream("post.lua"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
