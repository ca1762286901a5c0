package dev.sallyport.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProcessTimesTest {
    @Test
    void theTimeOfChildrenCountsWhileTheyLiveAndAfterTheyEnded()
            throws IOException, InterruptedException {
        // the parent waits for one child that works and ends, then becomes idle
        Process parent =
                new ProcessBuilder(
                                "sh",
                                "-c",
                                "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; echo"
                                        + " done; read _")
                        .start();
        try {
            assertThat(parent.inputReader().readLine()).isEqualTo("done");

            long own = ProcessTimes.micros(new Contender.Worker("parent", parent.pid(), false));
            long all = ProcessTimes.micros(new Contender.Worker("parent", parent.pid(), true));

            assertThat(all).isGreaterThan(own).isGreaterThanOrEqualTo(10_000);
        } finally {
            parent.destroy();
            assertThat(parent.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aProcessThatHasEndedIsNotMeasured() {
        assertThatThrownBy(() ->
                        ProcessTimes.micros(new Contender.Worker("ghost", Long.MAX_VALUE, false)))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining("ghost is not running any more");
    }

    @Test
    void argumentsAreReadWhateverTheirLength() {
        assertThat(ProcessTimes.arguments(ProcessHandle.current().pid()))
                .anyMatch(argument -> argument.endsWith("java"));
    }
}
