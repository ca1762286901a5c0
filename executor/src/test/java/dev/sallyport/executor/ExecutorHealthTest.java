package dev.sallyport.executor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

// case I5
class ExecutorHealthTest {
    @Test
    void anIntakeThatTurnsIsAlive() {
        assertThat(Executor.health(Duration.ofMillis(250), new TreeMap<>()).alive()).isTrue();
    }

    @Test
    void anIntakeThatHangsIsNot() {
        var hanging = Executor.health(Duration.ofSeconds(21), new TreeMap<>());

        assertThat(hanging.alive()).isFalse();
        assertThat(hanging.figures()).containsEntry("sinceLastTurnMillis", 21_000L);
    }
}
