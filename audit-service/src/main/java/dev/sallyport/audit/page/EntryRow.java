package dev.sallyport.audit.page;

import dev.sallyport.audit.search.FoundEntry;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A row of the list, in the words of the page.
 *
 * @param day the day, UTC
 * @param time the time of day, UTC, to the millisecond
 * @param exact the time as machines read it
 * @param kind what it is, in plain words
 * @param outcome how it ended
 * @param tone the colour that goes with the outcome
 * @param code what went wrong, where something did
 * @param principal who
 * @param client with which client
 * @param what the tool, and the database
 * @param statement the statement with its literals replaced, or what else the event is about
 * @param rows rows returned or affected
 * @param callId the call; absent for events that belong to none
 * @param index the place in the log
 * @param published whether a signed checkpoint covers it
 * @param warning what is wrong with it, where something is
 */
public record EntryRow(
        String day,
        String time,
        String exact,
        String kind,
        String outcome,
        String tone,
        @Nullable String code,
        @Nullable String principal,
        @Nullable String client,
        String what,
        @Nullable String statement,
        @Nullable Long rows,
        @Nullable String callId,
        long index,
        boolean published,
        @Nullable String warning) {
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("yyyy-MM-dd").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneOffset.UTC);

    static EntryRow of(FoundEntry entry) {
        return new EntryRow(
                day(entry.time()),
                time(entry.time()),
                entry.time().toString(),
                Wording.kind(entry.kind()),
                Wording.orDash(entry.outcome()),
                Wording.tone(entry.outcome()),
                entry.code(),
                entry.principal(),
                entry.client(),
                Stream.of(entry.tool(), entry.database())
                        .filter(Objects::nonNull)
                        .collect(Collectors.joining(" on ")),
                about(entry),
                entry.rows(),
                entry.call() == null ? null : entry.call().toString(),
                entry.index(),
                switch (entry.stage()) {
                    case PUBLISHED -> true;
                    case SEQUENCED, INTEGRATED -> false;
                },
                switch (entry.check()) {
                    case AS_LOGGED -> null;
                    case ROW_DIFFERS -> "found by something else than what the entry says";
                    case ENTRY_ALTERED -> "altered: not what was logged";
                    case NO_ENTRY -> "not in the log";
                });
    }

    private static @Nullable String about(FoundEntry entry) {
        if (entry.fingerprint() != null) {
            return entry.fingerprint();
        }
        return entry.tables().isEmpty() ? entry.detail() : String.join(", ", entry.tables());
    }

    static String day(Instant time) {
        return DAY.format(time);
    }

    static String time(Instant time) {
        return TIME.format(time);
    }
}
