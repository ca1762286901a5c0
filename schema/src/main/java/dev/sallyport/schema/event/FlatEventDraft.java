package dev.sallyport.schema.event;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@link FlatEvent} in the making: each kind of event has only some of the columns. */
final class FlatEventDraft {
    @Nullable CallId call;
    @Nullable String subject;
    @Nullable String address;
    @Nullable String issuer;
    List<String> tables = List.of();
    List<String> columns = List.of();
    List<String> scopes = List.of();
    @Nullable LiteralFeatures literals;
    @Nullable String code;
    @Nullable String sqlState;
    int count = 1;
    @Nullable Long rows;
    @Nullable Long rowsAffected;
    @Nullable Long bytes;
    @Nullable Boolean truncated;
    @Nullable Integer cardNumbersCut;
    @Nullable Timings timings;
    @Nullable Attested attested;
    @Nullable String executor;
    @Nullable Integer attempt;
    @Nullable String digest;
    @Nullable String approval;
    @Nullable String alert;
    @Nullable String detector;
    @Nullable Severity severity;
    List<CallId> evidence = List.of();
    @Nullable Double observed;
    @Nullable Double expected;
    @Nullable String by;
    @Nullable String detail;
    private @Nullable String client;
    private @Nullable String agent;
    private @Nullable String tool;
    private @Nullable DatabaseName database;
    private @Nullable StatementClass statementClass;
    private @Nullable String fingerprint;
    private @Nullable Instant from;
    private @Nullable Instant to;

    void whose(Principal principal) {
        subject = principal.subject();
        client = principal.client();
        agent = principal.agent();
        address = principal.address();
    }

    void statement(
            String name, @Nullable DatabaseName of, StatementClass kind, @Nullable String text) {
        tool = name;
        database = of;
        statementClass = kind;
        fingerprint = text;
    }

    void span(Instant start, Instant end) {
        from = start;
        to = end;
    }

    FlatEvent of(Event<?> event, String outcome) {
        return new FlatEvent(
                event.id(),
                event.type(),
                event.time(),
                event.tenant(),
                event.trace(),
                call,
                subject,
                client,
                agent,
                address,
                issuer,
                tool,
                database,
                statementClass,
                tables,
                columns,
                scopes,
                fingerprint,
                literals,
                outcome,
                code,
                sqlState,
                count,
                rows,
                rowsAffected,
                bytes,
                truncated,
                cardNumbersCut,
                timings,
                attested,
                executor,
                attempt,
                digest,
                approval,
                alert,
                detector,
                severity,
                evidence,
                observed,
                expected,
                from,
                to,
                by,
                detail);
    }
}
