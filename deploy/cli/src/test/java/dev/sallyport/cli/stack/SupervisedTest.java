package dev.sallyport.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Case I5. */
class SupervisedTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private final BlockingQueue<Process> started = new LinkedBlockingQueue<>();

    @Test
    void aServiceThatEndsByItselfIsStartedAgain() throws Exception {
        try (Supervised service = Supervised.start("test", SOON, this::sleeping)) {
            next().destroyForcibly();
            next().destroyForcibly();

            assertThat(next().isAlive()).isTrue();
            assertThat(service).isNotNull();
        }
    }

    @Test
    void aStartThatFailsIsTriedAgain() throws Exception {
        AtomicInteger starts = new AtomicInteger();
        Supervised.Starting failingOnce =
                () -> {
                    if (starts.incrementAndGet() == 2) {
                        throw new StackException("service_not_ready", "not yet");
                    }
                    return sleeping();
                };
        try (Supervised service = Supervised.start("test", SOON, failingOnce)) {
            next().destroyForcibly();

            assertThat(next().isAlive()).isTrue();
            assertThat(starts).hasValue(3);
            assertThat(service).isNotNull();
        }
    }

    @Test
    void whatIsClosedOrKilledStaysDown() throws Exception {
        Supervised closed = Supervised.start("closed", SOON, this::sleeping);
        Process first = next();
        Supervised killed = Supervised.start("killed", SOON, this::sleeping);
        Process second = next();

        closed.close();
        killed.kill();

        assertThat(first.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(second.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        // longer than the first pause
        assertThat(started.poll(1_500, TimeUnit.MILLISECONDS)).isNull();
    }

    @Test
    void theFirstStartIsNotTriedAgain() {
        assertThatThrownBy(() ->
                        Supervised.start(
                                "test",
                                SOON,
                                () -> {
                                    throw new StackException("service_not_ready", "never");
                                }))
                .isInstanceOf(StackException.class);
    }

    @Test
    void thePauseDoublesUntilTheServiceRunsWell() {
        Duration pause = Duration.ZERO;
        for (int i = 0; i < 10; i++) {
            pause = Supervised.pauseAfter(pause, Duration.ofSeconds(5));
        }
        assertThat(pause).isEqualTo(Duration.ofSeconds(30));
        assertThat(Supervised.pauseAfter(pause, Duration.ofMinutes(2)))
                .isEqualTo(Duration.ofMillis(500));
    }

    private Process next() throws InterruptedException {
        return Objects.requireNonNull(started.poll(SOON.toSeconds(), TimeUnit.SECONDS));
    }

    private Process sleeping() {
        try {
            Process process = new ProcessBuilder("sleep", "60").start();
            started.add(process);
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
