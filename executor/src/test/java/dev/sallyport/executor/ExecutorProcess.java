package dev.sallyport.executor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.topic.KafkaSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** An executor in a JVM of its own, for tests that stop, continue and kill it. */
final class ExecutorProcess implements AutoCloseable {
    private final Process jvm;

    private ExecutorProcess(Process jvm) {
        this.jvm = jvm;
    }

    /** Starts it and waits until it takes commands. */
    static ExecutorProcess start(ExecutorConfig config, Map<String, String> secrets)
            throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                ExecutorProcess.class.getName(),
                                config.kafka().bootstrapServers(),
                                config.cell().value(),
                                config.name(),
                                Integer.toString(config.laneRunningMax()),
                                Integer.toString(config.goneAfterMillis()))
                        .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(secrets);
        Process jvm = builder.start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(jvm.getInputStream(), UTF_8));
        String line = output.readLine();
        while (line != null && !line.equals("running")) {
            line = output.readLine();
        }
        assertThat(line).isEqualTo("running");
        return new ExecutorProcess(jvm);
    }

    /** It does nothing more, and does not know it. */
    void stop() {
        signal("-STOP");
    }

    /** It goes on as if nothing had been. */
    void goOn() {
        signal("-CONT");
    }

    private void signal(String which) {
        try {
            Process kill =
                    new ProcessBuilder("kill", which, Long.toString(jvm.pid())).inheritIO().start();
            assertThat(kill.waitFor()).isZero();
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    void kill() {
        jvm.destroyForcibly();
        try {
            assertThat(jvm.waitFor(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        kill();
    }

    /** Runs until its input ends. */
    public static void main(String[] arguments) throws IOException {
        ExecutorConfig config =
                new ExecutorConfig(
                        new CellId(arguments[1]),
                        arguments[2],
                        new KafkaSettings(arguments[0], Map.of()),
                        new SecretReference("env:KEK"),
                        Integer.parseInt(arguments[3]),
                        64,
                        256,
                        Integer.parseInt(arguments[4]),
                        false,
                        new HealthSettings("127.0.0.1", 0));
        try (Executor _ =
                Executor.start(config, new Secrets(System.getenv()), InstantSource.system())) {
            System.out.println("running");
            System.in.transferTo(OutputStream.nullOutputStream());
        }
    }
}
