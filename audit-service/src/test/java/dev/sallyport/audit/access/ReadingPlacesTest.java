package dev.sallyport.audit.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.audit.problem.AuditException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReadingPlacesTest {
    private static final byte[] BODY = {1};
    private static final List<String> ACME = List.of("acme");

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch end = new CountDownLatch(1);

    @AfterEach
    void stop() {
        end.countDown();
        threads.close();
    }

    @Test
    void oneTenantsReadersLeavePlacesForOthers() throws Exception {
        var places = new ReadingPlaces(6, Duration.ofMillis(1));
        occupy(places, 3);

        assertThatThrownBy(() -> places.read(ACME, () -> BODY))
                .isInstanceOf(AuditException.class)
                .hasMessageContaining("share");
        assertThat(places.read(List.of("globex"), () -> BODY)).isEqualTo(BODY);
        // those without a token share one place among them
        assertThat(places.read(List.of(""), () -> BODY)).isEqualTo(BODY);
    }

    @Test
    void whoseShareIsTakenWaitsForAnEnd() throws Exception {
        var places = new ReadingPlaces(6, Duration.ofMinutes(1));
        var read = occupy(places, 3);
        var next = threads.submit(() -> places.read(ACME, () -> BODY));
        end.countDown();

        assertThat(next.get()).isEqualTo(BODY);
        for (var one : read) {
            assertThat(one.get()).isEqualTo(BODY);
        }
    }

    @Test
    void aFailedReadingGivesItsPlaceBack() {
        var places = new ReadingPlaces(1, Duration.ofMillis(1));
        assertThatThrownBy(() ->
                        places.read(
                                ACME,
                                () -> {
                                    throw new IllegalStateException("broken");
                                }))
                .hasMessage("broken");

        assertThat(places.read(ACME, () -> BODY)).isEqualTo(BODY);
    }

    private List<Future<byte[]>> occupy(ReadingPlaces places, int readers) throws Exception {
        var inside = new CountDownLatch(readers);
        var reading = new ArrayList<Future<byte[]>>();
        for (int i = 0; i < readers; i++) {
            reading.add(
                    threads.submit(() ->
                            places.read(
                                    ACME,
                                    () -> {
                                        inside.countDown();
                                        awaitEnd();
                                        return BODY;
                                    })));
        }
        inside.await();
        return reading;
    }

    private void awaitEnd() {
        try {
            end.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
