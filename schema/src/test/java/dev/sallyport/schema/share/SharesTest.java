package dev.sallyport.schema.share;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.share.Shares.Answer;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharesTest {

    @Test
    void aloneOneComesToHalf() {
        var shares = new Shares<String>(100);

        assertThat(takeAll(shares, "acme")).isEqualTo(50);
        assertThat(shares.take(List.of("acme"), 1)).isEqualTo(Answer.ABOVE_SHARE);
    }

    @Test
    void howeverManyThereAreSomethingIsLeftForTheNext() {
        var shares = new Shares<Integer>(1_000);
        for (int holder = 0; holder < 8; holder++) {
            assertThat(takeAll(shares, holder)).isPositive();
        }

        assertThat(shares.take(List.of(9), 1)).isEqualTo(Answer.GRANTED);
    }

    @Test
    void twoWhoTakeInTurnComeToAThirdEach() {
        var shares = new Shares<String>(99);
        int acme = 0;
        int globex = 0;
        boolean granted = true;
        while (granted) {
            granted = shares.take(List.of("acme"), 1) == Answer.GRANTED;
            acme += granted ? 1 : 0;
            boolean other = shares.take(List.of("globex"), 1) == Answer.GRANTED;
            globex += other ? 1 : 0;
            granted |= other;
        }

        assertThat(acme).isBetween(33, 34);
        assertThat(globex).isBetween(32, 33);
    }

    @Test
    void aPrincipalLeavesSomethingToItsTenantsOthers() {
        var shares = new Shares<String>(90);

        assertThat(takeAll(shares, "acme", "acme/alice")).isEqualTo(30);
        assertThat(takeAll(shares, "acme", "acme/bob")).isPositive();
    }

    @Test
    void oneOfAnythingIsEnoughForOne() {
        var shares = new Shares<String>(1);

        assertThat(shares.take(List.of("acme", "alice"), 1)).isEqualTo(Answer.GRANTED);
        assertThat(shares.take(List.of("globex", "carol"), 1)).isEqualTo(Answer.EXHAUSTED);
    }

    @Test
    void whatIsGivenBackCanBeTakenAndNobodyIsRememberedWhoHoldsNothing() {
        var shares = new Shares<String>(10);
        for (int i = 0; i < 1_000; i++) {
            var holders = List.of("tenant-" + i, "subject-" + i);
            assertThat(shares.take(holders, 5)).isEqualTo(Answer.GRANTED);
            shares.giveBack(holders, 2);
            shares.giveBack(holders, 3);
        }

        assertThat(shares.holders()).isZero();
        assertThat(shares.taken()).isZero();
    }

    @Test
    void whatIsMoreThanAllIsNeverGranted() {
        var shares = new Shares<String>(10);

        assertThat(shares.take(List.of("acme"), 11)).isEqualTo(Answer.EXHAUSTED);
        assertThat(shares.taken()).isZero();
    }

    private static int takeAll(Shares<String> shares, String... holders) {
        int taken = 0;
        while (shares.take(List.of(holders), 1) == Answer.GRANTED) {
            taken++;
        }
        return taken;
    }

    private static int takeAll(Shares<Integer> shares, int holder) {
        int taken = 0;
        while (shares.take(List.of(holder), 1) == Answer.GRANTED) {
            taken++;
        }
        return taken;
    }
}
