package dev.sallyport.monitor.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IdSetTest {
    @Test
    void itHoldsWhatASetOfTheJdkHolds() {
        Random random = new Random(7);
        IdSet ids = new IdSet();
        Set<List<Long>> model = new HashSet<>();
        for (int i = 0; i < 100_000; i++) {
            // few enough to meet again, and alike in one half
            long high = random.nextLong(1, 300);
            long low = random.nextLong(-150, 150);
            assertThat(ids.add(high, low)).isEqualTo(model.add(List.of(high, low)));
        }

        assertThat(ids.size()).isEqualTo(model.size());
    }
}
