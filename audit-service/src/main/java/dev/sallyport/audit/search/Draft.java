package dev.sallyport.audit.search;

import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Facts in the making: each kind of event has only some of them. */
final class Draft {
    private static final int REPLACEMENT = 0xFFFD;

    private final Instant time;
    private final String kind;
    private final List<String> further = new ArrayList<>();
    private Optional<CallId> call = Optional.empty();
    private Optional<String> principal = Optional.empty();
    private Optional<String> client = Optional.empty();
    private Optional<String> tool = Optional.empty();
    private Optional<DatabaseName> database = Optional.empty();
    private Optional<String> statementClass = Optional.empty();
    private Optional<String> fingerprint = Optional.empty();
    private Optional<String> detail = Optional.empty();
    private Optional<Long> rows = Optional.empty();
    private List<String> tables = List.of();

    Draft(Instant time, String kind) {
        this.time = time;
        this.kind = kind;
    }

    Draft call(CallId id) {
        call = Optional.of(id);
        return this;
    }

    Draft by(@Nullable String subject, @Nullable String oauthClient) {
        principal = Optional.ofNullable(subject);
        client = Optional.ofNullable(oauthClient);
        return this;
    }

    Draft statement(
            String name, @Nullable DatabaseName of, String wireClass, @Nullable String text) {
        tool = Optional.of(name);
        database = Optional.ofNullable(of);
        statementClass = Optional.of(wireClass);
        fingerprint = Optional.ofNullable(text);
        return this;
    }

    Draft tables(List<String> named) {
        tables = named;
        return this;
    }

    Draft rows(long count) {
        rows = Optional.of(count);
        return this;
    }

    Draft about(@Nullable String text) {
        detail = Optional.ofNullable(text);
        return this;
    }

    Draft also(List<String> texts) {
        further.addAll(texts);
        return this;
    }

    Draft also(@Nullable String... texts) {
        for (String text : texts) {
            if (text != null) {
                further.add(text);
            }
        }
        return this;
    }

    Facts ended(String outcome, @Nullable String code) {
        return new Facts(
                time,
                kind,
                call,
                principal.map(Draft::name),
                client.map(Draft::name),
                tool.map(Draft::name),
                database,
                statementClass,
                Optional.of(outcome),
                Optional.ofNullable(code).map(Draft::name),
                rows,
                tables.stream().map(Draft::storable).toList(),
                fingerprint.map(Draft::storable),
                detail.map(Draft::storable),
                further.stream().map(Draft::storable).toList());
    }

    /** A text that can be in an index, whose rows are bounded. */
    private static String name(String text) {
        return storable(
                text.length() > Principal.NAME_MAX ? text.substring(0, Principal.NAME_MAX) : text);
    }

    /**
     * PostgreSQL's text holds neither NUL nor half a surrogate pair, and no event may stop the
     * ingestion.
     */
    private static String storable(String text) {
        return text.codePoints()
                .map(point ->
                        point == 0
                                        || (point >= Character.MIN_SURROGATE
                                                && point <= Character.MAX_SURROGATE)
                                ? REPLACEMENT
                                : point)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
