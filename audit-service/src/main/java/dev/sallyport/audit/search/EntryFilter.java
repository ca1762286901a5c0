package dev.sallyport.audit.search;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.schema.event.EventType;
import dev.sallyport.schema.event.Principal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.TemporalAccessor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Which entries are asked for.
 *
 * @param from the earliest time, inclusive
 * @param to the latest time, exclusive
 * @param principal the subject, exactly
 * @param tool the tool, exactly
 * @param database the database, exactly
 * @param outcome one of {@link Facts#OUTCOMES}
 * @param kind an event's kind
 * @param reads whether the readings of the log itself are found too
 * @param text words that the entry must all have, each with open end
 * @param cursor where the page before ended
 * @param limit entries on the page at the most
 */
public record EntryFilter(
        Optional<Instant> from,
        Optional<Instant> to,
        Optional<String> principal,
        Optional<String> tool,
        Optional<String> database,
        Optional<String> outcome,
        Optional<String> kind,
        boolean reads,
        Optional<String> text,
        Optional<Cursor> cursor,
        int limit) {
    /** The entries of a page where nothing else is asked for. */
    public static final int LIMIT_USUAL = 50;

    /** The most entries of a page. */
    public static final int LIMIT_MAX = 200;

    /** The longest text that is searched for, in characters. */
    public static final int TEXT_CHARS_MAX = 200;

    /** The earliest time that an entry can have. */
    static final Instant TIME_MIN = Instant.parse("0001-01-01T00:00:00Z");

    /** The time before which all entries are. */
    static final Instant TIME_MAX = Instant.parse("9999-12-31T23:59:59Z");

    /** The names of the parameters, in the order of this record. */
    public static final List<String> NAMES =
            List.of(
                    "from",
                    "to",
                    "principal",
                    "tool",
                    "database",
                    "outcome",
                    "kind",
                    "reads",
                    "text",
                    "cursor",
                    "limit");

    private static final String SHOWN = "shown";
    private static final String HIDDEN = "hidden";
    private static final List<String> READS = List.of(SHOWN, HIDDEN);

    /** The kinds that can be asked for. */
    public static final List<String> KINDS =
            Stream.concat(
                            Stream.of(EventType.values()).map(EventType::kind),
                            Stream.of(Facts.UNREADABLE))
                    .toList();

    /**
     * As {@link #of}, for programs: an empty value, as of a variable that was not set, is refused,
     * for without that condition everything would be found.
     */
    public static EntryFilter ofApi(Map<String, List<String>> parameters) {
        parameters.forEach((name, values) -> {
            if (values.stream().anyMatch(String::isBlank)) {
                throw invalid(shortened(name), "is empty: give a value, or leave it out");
            }
        });
        return of(parameters);
    }

    /**
     * As {@link #of}, for the list that a person looks at: it leaves out the readings of the log
     * itself, of which looking makes more, as long as neither they nor a kind are asked for.
     */
    public static EntryFilter ofConsole(Map<String, List<String>> parameters) {
        var filter = of(parameters);
        return filter.kind.isPresent() || value(parameters, "reads").isPresent()
                ? filter
                : filter.withReads(false);
    }

    /** The same with, or without, the readings of the log itself. */
    public EntryFilter withReads(boolean shown) {
        return new EntryFilter(
                from, to, principal, tool, database, outcome, kind, shown, text, cursor, limit);
    }

    /**
     * The filter that query parameters spell; an empty value counts as absent, as browsers send it.
     *
     * @throws AuditException {@code parameter_invalid}, {@code parameter_unknown}, {@code
     *     cursor_invalid}, naming the parameter
     */
    public static EntryFilter of(Map<String, List<String>> parameters) {
        for (String name : parameters.keySet()) {
            if (!NAMES.contains(name)) {
                throw new AuditException(
                        AuditProblem.PARAMETER_UNKNOWN,
                        "there is no parameter " + shortened(name) + "; there are " + NAMES);
            }
        }
        var filter =
                new EntryFilter(
                        time(parameters, "from"),
                        time(parameters, "to"),
                        name(parameters, "principal"),
                        name(parameters, "tool"),
                        name(parameters, "database"),
                        oneOf(parameters, "outcome", Facts.OUTCOMES),
                        oneOf(parameters, "kind", KINDS),
                        !oneOf(parameters, "reads", READS).equals(Optional.of(HIDDEN)),
                        text(parameters),
                        value(parameters, "cursor").map(Cursor::parse),
                        limit(parameters));
        if (filter.from.isPresent()
                && filter.to.isPresent()
                && !filter.from.get().isBefore(filter.to.get())) {
            throw invalid("from", "must be earlier than to");
        }
        return filter;
    }

    /**
     * The parameters that spell this filter with another cursor, for a link of the console to the
     * next page.
     */
    public Map<String, String> parameters(Optional<Cursor> other) {
        var parameters = new LinkedHashMap<String, String>();
        put(parameters, "from", from, Instant::toString);
        put(parameters, "to", to, Instant::toString);
        put(parameters, "principal", principal, Function.identity());
        put(parameters, "tool", tool, Function.identity());
        put(parameters, "database", database, Function.identity());
        put(parameters, "outcome", outcome, Function.identity());
        put(parameters, "kind", kind, Function.identity());
        if (reads ? kind.isEmpty() : kind.isPresent()) {
            parameters.put("reads", reads ? SHOWN : HIDDEN);
        }
        put(parameters, "text", text, Function.identity());
        put(parameters, "cursor", other, Cursor::text);
        if (limit != LIMIT_USUAL) {
            parameters.put("limit", Integer.toString(limit));
        }
        return parameters;
    }

    private static <T> void put(
            Map<String, String> parameters,
            String name,
            Optional<T> value,
            Function<T, String> spelling) {
        value.map(spelling).ifPresent(text -> parameters.put(name, text));
    }

    private static Optional<String> value(Map<String, List<String>> parameters, String name) {
        List<String> values = parameters.getOrDefault(name, List.of());
        if (values.size() > 1) {
            throw invalid(name, "must be given once");
        }
        return values.stream().map(String::strip).filter(value -> !value.isEmpty()).findFirst();
    }

    private static Optional<Instant> time(Map<String, List<String>> parameters, String name) {
        return value(parameters, name)
                .map(text -> {
                    try {
                        return instant(text);
                    } catch (DateTimeParseException malformed) {
                        throw invalid(
                                name,
                                "must be a time such as 2026-11-22T05:00:00Z, or a day (UTC) such as 2026-11-22");
                    }
                });
    }

    /** A time without an offset counts as UTC, as the form of the console sends it. */
    private static Instant instant(String text) {
        Instant instant =
                text.indexOf('T') < 0
                        ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                        : exact(text);
        if (instant.isBefore(TIME_MIN) || instant.isAfter(TIME_MAX)) {
            throw new DateTimeParseException("outside the years 1 to 9999", text, 0);
        }
        return instant;
    }

    private static Instant exact(String text) {
        TemporalAccessor time =
                DateTimeFormatter.ISO_DATE_TIME.parseBest(
                        text, OffsetDateTime::from, LocalDateTime::from);
        return time instanceof OffsetDateTime exact
                ? exact.toInstant()
                : LocalDateTime.from(time).toInstant(ZoneOffset.UTC);
    }

    private static Optional<String> name(Map<String, List<String>> parameters, String name) {
        return value(parameters, name)
                .map(text -> {
                    if (text.length() > Principal.NAME_MAX) {
                        throw invalid(
                                name, "must have at most " + Principal.NAME_MAX + " characters");
                    }
                    if (text.indexOf('\0') >= 0) {
                        throw invalid(name, "must not contain the character NUL");
                    }
                    return text;
                });
    }

    private static Optional<String> oneOf(
            Map<String, List<String>> parameters, String name, List<String> allowed) {
        return value(parameters, name)
                .map(text -> {
                    if (!allowed.contains(text)) {
                        throw invalid(name, "must be one of " + allowed);
                    }
                    return text;
                });
    }

    private static Optional<String> text(Map<String, List<String>> parameters) {
        return value(parameters, "text")
                .map(text -> {
                    if (text.length() > TEXT_CHARS_MAX) {
                        throw invalid(
                                "text", "must have at most " + TEXT_CHARS_MAX + " characters");
                    }
                    if (Words.query(text).isEmpty()) {
                        throw invalid("text", "must have at least one letter or digit");
                    }
                    return text;
                });
    }

    private static int limit(Map<String, List<String>> parameters) {
        return value(parameters, "limit")
                .map(text -> {
                    if (!text.matches("[1-9][0-9]{0,2}") || Integer.parseInt(text) > LIMIT_MAX) {
                        throw invalid("limit", "must be a number from 1 to " + LIMIT_MAX);
                    }
                    return Integer.parseInt(text);
                })
                .orElse(LIMIT_USUAL);
    }

    private static AuditException invalid(String name, String why) {
        return new AuditException(AuditProblem.PARAMETER_INVALID, name + " " + why);
    }

    static String shortened(String text) {
        return text.length() > 40 ? text.substring(0, 40) + "..." : text;
    }
}
