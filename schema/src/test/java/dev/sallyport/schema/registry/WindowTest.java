package dev.sallyport.schema.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.TimeZone;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowTest {

    @ParameterizedTest
    @CsvSource({
        // leap years, ends of months and years
        "month, 2028-02-29T23:59:59.999Z, 2028-02-01T00:00:00Z, 2028-03-01T00:00:00Z",
        "month, 2027-02-28T00:00:00Z, 2027-02-01T00:00:00Z, 2027-03-01T00:00:00Z",
        "month, 2026-12-31T23:59:59Z, 2026-12-01T00:00:00Z, 2027-01-01T00:00:00Z",
        "month, 2027-01-01T00:00:00Z, 2027-01-01T00:00:00Z, 2027-02-01T00:00:00Z",
        "day, 2026-12-31T23:59:59Z, 2026-12-31T00:00:00Z, 2027-01-01T00:00:00Z",
        // where clocks are put forward and back, a day has 24 hours and an hour comes once
        "day, 2026-03-29T01:30:00Z, 2026-03-29T00:00:00Z, 2026-03-30T00:00:00Z",
        "day, 2026-10-25T01:30:00Z, 2026-10-25T00:00:00Z, 2026-10-26T00:00:00Z",
        "hour, 2026-10-25T01:00:00Z, 2026-10-25T01:00:00Z, 2026-10-25T02:00:00Z",
        "hour, 2026-03-29T00:59:59Z, 2026-03-29T00:00:00Z, 2026-03-29T01:00:00Z",
        "minute, 2026-06-30T23:59:59Z, 2026-06-30T23:59:00Z, 2026-07-01T00:00:00Z"
    })
    void windowsFollowTheCalendarInUtc(String window, Instant moment, Instant start, Instant end) {
        for (String zone : new String[] {"Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"}) {
            TimeZone before = TimeZone.getDefault();
            TimeZone.setDefault(TimeZone.getTimeZone(zone));
            try {
                assertThat(Window.of(window).startOf(moment)).isEqualTo(start);
                assertThat(Window.of(window).endOf(moment)).isEqualTo(end);
            } finally {
                TimeZone.setDefault(before);
            }
        }
    }
}
