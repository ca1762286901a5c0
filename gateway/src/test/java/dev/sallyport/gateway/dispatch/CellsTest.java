package dev.sallyport.gateway.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.dispatch.Cells.State;
import org.junit.jupiter.api.Test;

class CellsTest {

    @Test
    void aCellIsEmptySinceItWasFirstSeenSo() {
        State empty = Cells.next(new State.Answering(2), 0, 100);

        assertThat(empty).isEqualTo(new State.Empty(100));
        assertThat(Cells.next(empty, 0, 200)).isEqualTo(new State.Empty(100));
        assertThat(Cells.next(empty, 1, 200)).isEqualTo(new State.Answering(1));
    }

    @Test
    void aRestartIsNoDesertion() {
        long after = Cells.DESERTED_AFTER.toNanos();

        assertThat(Cells.isDeserted(new State.Empty(100), 100 + after - 1)).isFalse();
        assertThat(Cells.isDeserted(new State.Empty(100), 100 + after)).isTrue();
        assertThat(Cells.isDeserted(new State.Answering(1), 100 + after)).isFalse();
        assertThat(Cells.isDeserted(new State.Unknown(), 100 + after)).isFalse();
    }

    @Test
    void whatTheBrokerDoesNotTellIsNotHeldAgainstACell() {
        assertThat(Cells.next(new State.Empty(100), -1, 200)).isEqualTo(new State.Unknown());
        assertThat(Cells.next(new State.Unknown(), 0, 300)).isEqualTo(new State.Empty(300));
    }
}
