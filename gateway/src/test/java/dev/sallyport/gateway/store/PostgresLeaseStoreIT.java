package dev.sallyport.gateway.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.gateway.limit.AccountKey;
import dev.sallyport.gateway.limit.Amounts;
import dev.sallyport.gateway.limit.Ask;
import dev.sallyport.gateway.limit.Counted;
import dev.sallyport.gateway.limit.Granted;
import dev.sallyport.gateway.limit.LostLease;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Window;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresLeaseStoreIT {

    private static final TenantId ACME = new TenantId("acme");
    private static final AccountKey KEY =
            new AccountKey(ACME, "budget/b", Window.MONTH, "ana'; drop table account; --");
    private static final Amounts MOST = amounts(100);
    private static final long LEASE_MILLIS = 60_000;

    private final LimitDatabase database = LimitDatabase.fresh(Duration.ofSeconds(10));
    private final PostgresLeaseStore one = database.open("one");
    private final PostgresLeaseStore two = database.open("two");

    @AfterEach
    void close() {
        one.close();
        two.close();
    }

    private static Amounts amounts(long each) {
        return new Amounts(each, each, each);
    }

    private static Ask ask(@Nullable Long lease, long used, long returned, long need, long ahead) {
        return new Ask(
                KEY,
                lease,
                amounts(used),
                amounts(returned),
                Amounts.NONE,
                null,
                amounts(need),
                amounts(ahead),
                MOST);
    }

    private static Granted exchange(PostgresLeaseStore store, Ask ask) throws Exception {
        return store.exchange(List.of(ask), LEASE_MILLIS).getFirst();
    }

    @Test
    void whatIsGrantedIsTakenUntilItIsGivenBack() throws Exception {
        Granted first = exchange(one, ask(null, 0, 0, 60, 0));
        assertThat(first.granted()).isEqualTo(amounts(60));
        assertThat(first.left()).isEqualTo(amounts(40));

        Granted other = exchange(two, ask(null, 0, 0, 60, 0));
        assertThat(other.granted()).isEqualTo(amounts(40));
        assertThat(other.left()).isEqualTo(Amounts.NONE);
        assertThat(other.others()).isEqualTo(amounts(60));
        assertThat(one.wanted()).containsExactly(KEY);

        Granted back = exchange(one, ask(first.lease(), 10, 50, 0, 0));
        assertThat(back.left()).isEqualTo(amounts(50));
        assertThat(exchange(two, ask(other.lease(), 0, 0, 20, 0)).granted()).isEqualTo(amounts(60));
        Counted counted = one.standing(ACME).getFirst();
        assertThat(counted.used()).isEqualTo(amounts(10));
        assertThat(counted.leased()).isEqualTo(amounts(60));
    }

    @Test
    void aReportThatIsRepeatedOrExceedsTheGrantCreditsNothingMore() throws Exception {
        Granted first = exchange(one, ask(null, 0, 0, 30, 0));
        for (int i = 0; i < 3; i++) {
            assertThat(exchange(one, ask(first.lease(), 0, 20, 0, 0)).left())
                    .isEqualTo(amounts(90));
        }

        assertThat(exchange(one, ask(first.lease(), 0, 5_000, 0, 0)).left())
                .isEqualTo(amounts(100));
        // a total that is smaller than before is an old message
        assertThat(exchange(one, ask(first.lease(), 0, 0, 0, 0)).left()).isEqualTo(amounts(100));
        assertThat(exchange(one, ask(first.lease() + 1_000, 0, 30, 0, 0)).left())
                .isEqualTo(amounts(100));
    }

    @Test
    void littleIsGrantedAheadWhereLittleIsLeft() throws Exception {
        assertThat(exchange(one, ask(null, 0, 0, 20, 1_000)).granted()).isEqualTo(amounts(30));
        assertThat(exchange(two, ask(null, 0, 0, 70, 1_000)).granted()).isEqualTo(amounts(70));
    }

    /** The window is the server's, in UTC, whatever zone the login's session is in. */
    @ParameterizedTest
    @ValueSource(strings = {"America/Sao_Paulo", "Asia/Kolkata", "UTC"})
    void windowsAreThoseOfTheCalendarInUtc(String zone) throws Exception {
        database.execute(
                "alter role %s set timezone to '%s'".formatted(database.settings.user(), zone));
        try (PostgresLeaseStore store = database.open("zoned")) {
            for (Window window : Window.values()) {
                Instant before = Instant.now();
                Granted answer =
                        store.exchange(
                                        List.of(
                                                new Ask(
                                                        new AccountKey(ACME, "b", window, "ana"),
                                                        null,
                                                        Amounts.NONE,
                                                        Amounts.NONE,
                                                        Amounts.NONE,
                                                        null,
                                                        amounts(1),
                                                        Amounts.NONE,
                                                        MOST)),
                                        LEASE_MILLIS)
                                .getFirst();
                Instant after = Instant.now();
                Instant ends = after.plusMillis(answer.endsInMillis());
                assertThat(ends)
                        .isBetween(
                                window.endOf(before).minusMillis(5),
                                window.endOf(after).plus(Duration.between(before, after)));
            }
        }
    }

    /** As the migration's functions reckon it, at moments that the server's clock does not show. */
    @ParameterizedTest
    @CsvSource({
        "month, 2028-02-29T23:59:59Z",
        "month, 2026-12-31T23:59:59Z",
        "month, 2027-01-31T12:00:00Z",
        "day, 2026-03-29T00:59:59Z",
        "day, 2026-10-25T01:30:00Z",
        "hour, 2026-10-25T00:30:00Z",
        "minute, 2026-06-30T23:59:59Z"
    })
    void theServerAndTheGatewayReckonWindowsAlike(String width, Instant moment) throws Exception {
        try (Connection administrator = database.server.connect(database.name);
                var zone = administrator.createStatement();
                var query =
                        administrator.prepareStatement(
                                "select limits.window_start(?, ?::timestamptz), limits.window_end(?, limits.window_start(?, ?::timestamptz))")) {
            zone.execute("set timezone to 'Europe/Berlin'");
            query.setString(1, width);
            query.setTimestamp(2, Timestamp.from(moment));
            query.setString(3, width);
            query.setString(4, width);
            query.setTimestamp(5, Timestamp.from(moment));
            try (var row = query.executeQuery()) {
                row.next();
                assertThat(row.getTimestamp(1).toInstant())
                        .isEqualTo(Window.of(width).startOf(moment));
                assertThat(row.getTimestamp(2).toInstant())
                        .isEqualTo(Window.of(width).endOf(moment));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from limits.account",
                "update limits.account set taken = '{0,0,0}'",
                "delete from limits.lease",
                "truncate limits.lease",
                "create table limits.more (a int)",
                "create schema more",
                "select * from limits.flyway_schema_history",
                "alter function limits.sweep() owner to current_user"
            })
    void theLoginMayCallFunctionsAndNothingElse(String sql) throws Exception {
        try (Connection login =
                        DriverManager.getConnection(
                                database.server.jdbcUrl(database.name),
                                database.settings.user(),
                                LimitDatabase.environment().get("LIMITS"));
                var statement = login.createStatement()) {
            assertThatThrownBy(() -> statement.execute(sql))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(e.getSQLState()).isEqualTo("42501"));
        }
    }

    @Test
    void aLeaseWhoseGatewayDiedIsClosedOnceAndOnlyWhatIsProvedComesBack() throws Exception {
        Ask reserving =
                new Ask(
                        KEY,
                        null,
                        Amounts.NONE,
                        Amounts.NONE,
                        Amounts.NONE,
                        "commands/0/5",
                        amounts(60),
                        Amounts.NONE,
                        MOST);
        Granted first = exchange(one, reserving);
        var report =
                new Ask(
                        KEY,
                        first.lease(),
                        amounts(10),
                        Amounts.NONE,
                        amounts(5),
                        "commands/0/9",
                        Amounts.NONE,
                        Amounts.NONE,
                        MOST);
        var _ = one.exchange(List.of(report), 0);
        assertThat(one.lost(0)).isEmpty(); // its own
        assertThat(two.lost(60_000)).isEmpty(); // not long enough ago

        LostLease lost = two.lost(0).getFirst();
        assertThat(lost.gateway()).isEqualTo("one");
        assertThat(lost.account()).isEqualTo(KEY);
        assertThat(lost.logged()).isEqualTo("commands/0/9");
        // ten used, five reserved, and the log shows at most fifteen more: thirty come back
        assertThat(two.close(lost, 0, amounts(15))).isTrue();
        assertThat(two.close(lost, 0, Amounts.NONE)).isFalse();
        assertThat(exchange(two, ask(null, 0, 0, 100, 0)).granted()).isEqualTo(amounts(70));

        // the gateway was not dead: its lease is another one, of which it has nothing
        Granted again = exchange(one, ask(first.lease(), 60, 0, 0, 0));
        assertThat(again.lease()).isNotEqualTo(first.lease());
        assertThat(again.granted()).isEqualTo(Amounts.NONE);
        assertThat(one.standing(ACME).getFirst().used()).isEqualTo(amounts(30));
    }

    @Test
    void aLeaseThatWasRenewedIsNotClosed() throws Exception {
        Granted first = exchange(one, ask(null, 0, 0, 60, 0));
        var report =
                new Ask(
                        KEY,
                        first.lease(),
                        Amounts.NONE,
                        Amounts.NONE,
                        Amounts.NONE,
                        "commands/0/9",
                        Amounts.NONE,
                        Amounts.NONE,
                        MOST);
        var _ = one.exchange(List.of(report), 0);
        LostLease lost = two.lost(0).getFirst();
        var _ = one.exchange(List.of(report), LEASE_MILLIS);

        assertThat(two.close(lost, 0, Amounts.NONE)).isFalse();
        assertThat(exchange(two, ask(null, 0, 0, 100, 0)).granted()).isEqualTo(amounts(40));
    }

    @Test
    void windowsThatAreOverAreForgotten() throws Exception {
        var _ = exchange(one, ask(null, 0, 0, 1, 0));
        database.execute(
                "update limits.account set starts = starts - interval '3 years', ends = ends - interval '3 years'");

        one.sweep();

        assertThat(one.standing(ACME)).isEmpty();
        try (Connection administrator = database.server.connect(database.name);
                var statement = administrator.createStatement();
                var rows = statement.executeQuery("select count(*) from limits.lease")) {
            rows.next();
            assertThat(rows.getLong(1)).isZero();
        }
    }
}
