package dev.sallyport.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.bench.DatabaseTimes.Backend;
import dev.sallyport.bench.DatabaseTimes.Snapshot;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DatabaseTimesTest {
    private static final Backend TENANT = new Backend(1, "monday", "acme_login", "");
    private static final Backend AUDIT = new Backend(2, "monday", "audit", "sallyport-audit");
    private static final Backend ENDED = new Backend(3, "monday", "acme_login", "");

    @Test
    void eachBackendsTimeGoesToItsOwnerAndTheRestToOther() {
        var before = new Snapshot(1_000, Map.of(TENANT, 100L, AUDIT, 50L, ENDED, 200L));
        var after = new Snapshot(2_000, Map.of(TENANT, 500L, AUDIT, 250L));

        assertThat(after.since(before, DatabaseTimesTest::owner))
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(
                                DatabaseTimes.TENANT, 400L,
                                DatabaseTimes.AUDIT, 200L,
                                DatabaseTimes.OTHER, 400L));
    }

    @Test
    void aProcessIdThatWasGivenAgainIsAnotherBackend() {
        var again = new Backend(TENANT.pid(), "tuesday", "acme_login", "");
        var before = new Snapshot(1_000, Map.of(TENANT, 900L));
        var after = new Snapshot(1_100, Map.of(again, 30L));

        assertThat(after.since(before, DatabaseTimesTest::owner))
                .containsEntry(DatabaseTimes.TENANT, 30L)
                .containsEntry(DatabaseTimes.OTHER, 70L);
    }

    @Test
    void otherLoginsAreOther() {
        assertThat(owner(new Backend(4, "monday", "postgres", "psql")))
                .isEqualTo(DatabaseTimes.OTHER);
    }

    private static String owner(Backend backend) {
        return DatabaseTimes.owner(backend, "acme_login");
    }
}
