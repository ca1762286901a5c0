package dev.sallyport.executor.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class LanesTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final TenantId GLOBEX = new TenantId("globex");
    private static final DatabaseName MAIN = new DatabaseName("main");
    private static final DatabaseName OTHER = new DatabaseName("other");
    private static final Duration AT_ONCE = Duration.ZERO;
    private static final Duration LONG = Duration.ofSeconds(20);

    private final Lanes lanes = new Lanes(3, 2);
    private final BlockingQueue<Lanes.Entry> entered = new LinkedBlockingQueue<>();
    private final AtomicInteger subjects = new AtomicInteger();

    /** A principal that has no call yet. */
    private String someone() {
        return "someone-" + subjects.incrementAndGet();
    }

    private void enterSoon(DatabaseName database, int places) {
        var _ =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                entered.add(lanes.enter(ACME, someone(), database, places, LONG));
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
    }

    private Lanes.Place next() throws InterruptedException {
        return (Lanes.Place) entered.poll(10, TimeUnit.SECONDS);
    }

    private Lanes.Place place(TenantId tenant, DatabaseName database, int places)
            throws InterruptedException {
        return (Lanes.Place) lanes.enter(tenant, someone(), database, places, AT_ONCE);
    }

    private void fillWaiting() {
        enterSoon(MAIN, 9);
        enterSoon(MAIN, 9);
        await().untilAsserted(() ->
                assertThat(lanes.enter(ACME, someone(), MAIN, 9, AT_ONCE))
                        .isInstanceOf(Lanes.Entry.Full.class));
    }

    @Test
    void aFullLaneTurnsCallsAwayAndAnotherTenantEnters() throws Exception {
        List<Lanes.Place> places = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            places.add(place(ACME, MAIN, 9));
        }
        fillWaiting();
        places.add(place(GLOBEX, MAIN, 9));

        places.forEach(Lanes.Place::leave);
        next().leave();
        next().leave();

        assertThat(lanes.tenants()).isZero();
    }

    @Test
    void whatMustBeDoneWaitsHoweverManyWait() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(lanes.enter(ACME, someone(), MAIN, 9, AT_ONCE))
                    .isInstanceOf(Lanes.Place.class);
        }
        fillWaiting();

        assertThat(lanes.enterAlways(ACME, someone(), MAIN, 9, Duration.ofMillis(1)))
                .isInstanceOf(Lanes.Entry.Late.class);
    }

    @Test
    void noMoreRunInADatabaseThanItHasConnections() throws Exception {
        Lanes.Place only = place(ACME, MAIN, 1);

        assertThat(lanes.enter(ACME, someone(), MAIN, 1, AT_ONCE))
                .isInstanceOf(Lanes.Entry.Late.class);
        place(ACME, OTHER, 1).leave();

        enterSoon(MAIN, 1);
        only.ran();
        next().leave();
        only.leave();
        assertThat(lanes.tenants()).isZero();
    }

    @Test
    void aCallWhoseDatabaseIsFullLetsThoseOfAnotherPass() throws Exception {
        Lanes.Place first = place(ACME, MAIN, 1);
        Lanes.Place second = place(ACME, OTHER, 2);
        Lanes.Place third = place(ACME, OTHER, 2);
        enterSoon(MAIN, 1);
        enterSoon(OTHER, 2);

        second.leave();
        Lanes.Place passed = next();

        assertThat(entered).isEmpty();
        first.leave();
        next().leave();
        passed.leave();
        third.leave();
        assertThat(lanes.tenants()).isZero();
    }

    @Test
    void fewCallsRunWhileNoOutcomeIsAcknowledged() throws Exception {
        List<Lanes.Place> unsettled = new ArrayList<>();
        while (lanes.enter(ACME, someone(), MAIN, 9, AT_ONCE) instanceof Lanes.Place place) {
            place.ran();
            unsettled.add(place);
        }

        assertThat(unsettled).hasSize(12);

        unsettled.getFirst().leave();
        place(ACME, MAIN, 9).leave();
    }

    @Test
    void leavingTwiceIsLeavingOnce() throws Exception {
        Lanes.Place place = place(ACME, MAIN, 1);
        place.leave();
        place.leave();
        place.ran();

        assertThat(lanes.tenants()).isZero();
        Lanes.Place again = place(ACME, MAIN, 1);
        assertThat(lanes.enter(ACME, someone(), MAIN, 1, AT_ONCE))
                .isInstanceOf(Lanes.Entry.Late.class);
        again.leave();
    }

    /** Interrupts a waiting call just as it is given the place, in as many orders as come up. */
    @Test
    void aPlaceIsNotLostToAnInterruption() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            Lanes.Place held = place(ACME, MAIN, 1);
            Thread waits =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    if (lanes.enter(ACME, someone(), MAIN, 1, LONG)
                                            instanceof Lanes.Place given) {
                                        given.leave();
                                    }
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                }
                            });
            Thread leaves = Thread.ofVirtual().start(held::leave);
            waits.interrupt();
            waits.join();
            leaves.join();
            assertThat(lanes.tenants()).isZero();
        }
    }

    private static List<Lanes.Place> enterAll(Lanes lanes, String subject, int places)
            throws InterruptedException {
        List<Lanes.Place> entered = new ArrayList<>();
        while (lanes.enter(ACME, subject, MAIN, places, AT_ONCE) instanceof Lanes.Place place) {
            entered.add(place);
        }
        return entered;
    }

    @Test // case B8
    void onePrincipalLeavesPlacesForAnother() throws Exception {
        Lanes wide = new Lanes(8, 8);

        List<Lanes.Place> greedy = enterAll(wide, "greedy", 8);
        List<Lanes.Place> other = enterAll(wide, "other", 8);

        assertThat(greedy).hasSize(6);
        assertThat(other).hasSize(2);
        greedy.forEach(Lanes.Place::leave);
        other.forEach(Lanes.Place::leave);
        assertThat(enterAll(wide, "other", 8)).hasSize(6);
    }

    @Test // case B8
    void onePrincipalLeavesConnectionsForAnother() throws Exception {
        Lanes wide = new Lanes(8, 8);

        assertThat(enterAll(wide, "greedy", 4)).hasSize(3);
        assertThat(enterAll(wide, "other", 4)).hasSize(1);
    }

    @Test
    void thePrincipalsThatWaitAreGivenPlacesInTurn() throws Exception {
        Lanes narrow = new Lanes(1, 12);
        Lanes.Place place = (Lanes.Place) narrow.enter(ACME, "first", MAIN, 1, AT_ONCE);
        BlockingQueue<Lanes.Place> begun = new LinkedBlockingQueue<>();
        BlockingQueue<String> order = new LinkedBlockingQueue<>();
        List<String> arrivals = List.of("greedy", "greedy", "greedy", "other", "third");
        for (String subject : arrivals) {
            Thread waits =
                    Thread.ofPlatform()
                            .daemon()
                            .start(() -> {
                                try {
                                    var entry = narrow.enter(ACME, subject, MAIN, 1, LONG);
                                    order.add(subject);
                                    begun.add((Lanes.Place) entry);
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                }
                            });
            await().until(() -> waits.getState() == Thread.State.TIMED_WAITING);
        }

        for (int i = 0; i < arrivals.size(); i++) {
            place.leave();
            place = begun.poll(10, TimeUnit.SECONDS);
        }

        assertThat(order).containsExactly("greedy", "other", "third", "greedy", "greedy");
        place.leave();
        assertThat(narrow.tenants()).isZero();
    }

    @Test
    void onePrincipalLeavesPlacesToWaitForAnother() throws Exception {
        Lanes narrow = new Lanes(1, 4);
        Lanes.Place place = (Lanes.Place) narrow.enter(ACME, "first", MAIN, 1, AT_ONCE);
        for (int i = 0; i < 3; i++) {
            Thread waits =
                    Thread.ofPlatform()
                            .daemon()
                            .start(() -> {
                                try {
                                    entered.add(narrow.enter(ACME, "greedy", MAIN, 1, LONG));
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                }
                            });
            await().until(() -> waits.getState() == Thread.State.TIMED_WAITING);
        }

        assertThat(narrow.enter(ACME, "greedy", MAIN, 1, AT_ONCE))
                .isInstanceOf(Lanes.Entry.Full.class);
        assertThat(narrow.enter(ACME, "other", MAIN, 1, AT_ONCE))
                .isInstanceOf(Lanes.Entry.Late.class);

        place.leave();
        for (int i = 0; i < 3; i++) {
            next().leave();
        }
    }
}
