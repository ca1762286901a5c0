package dev.sallyport.audit.ingest;

import dev.sallyport.audit.ingest.Received.Accepted;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.search.Facts;
import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.audit.store.StoredTenant;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.id.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the events of logs wait that cannot be written: so that one log in disorder stops no other,
 * and loses nothing. A log of which something waits is written from here alone until nothing does.
 *
 * <p>Which logs are stuck may be asked by any thread; all else is one thread's.
 */
final class Parking {
    private static final Logger LOG = LoggerFactory.getLogger(Parking.class);

    /** The class of SQLSTATEs of violated constraints. */
    private static final String INTEGRITY = "23";

    /** The most events that are written from here in one transaction. */
    private static final int EVENTS_MAX = 500;

    /** An event waits until it is in the log, as the log's head tells. */
    private static final String WAITING =
            """
            NOT EXISTS (SELECT FROM audit.entry e WHERE e.tenant = p.tenant AND e.event_id = p.event_id
                        AND e.seq < (SELECT h.size FROM audit.head h WHERE h.tenant = p.tenant ORDER BY h.size DESC LIMIT 1))\
            """;

    private final Jdbi jdbi;
    private final RowSeal seal;
    private final Map<TenantId, String> stuck = new ConcurrentHashMap<>();
    private boolean known;

    Parking(Jdbi jdbi, RowSeal seal) {
        this.jdbi = jdbi;
        this.seal = seal;
    }

    /** Whether the failure is one of a log's rows, and not of the database or of the way to it. */
    static boolean isOfALog(Throwable failed) {
        for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuditException ours
                    && ours.problem() == AuditProblem.LOG_INCONSISTENT) {
                return true;
            }
            if (cause instanceof SQLException refused
                    && refused.getSQLState() != null
                    && refused.getSQLState().startsWith(INTEGRITY)) {
                return true;
            }
        }
        return false;
    }

    /** The logs that are stuck, each with the reason. */
    Map<TenantId, String> stuck() {
        return Map.copyOf(stuck);
    }

    void stuck(TenantId tenant, RuntimeException why) {
        if (stuck.put(tenant, reason(why)) == null) {
            LOG.atError()
                    .addKeyValue("tenant", tenant)
                    .setCause(why)
                    .log(
                            "log cannot be written: its events are parked until it can, and others go on");
        }
    }

    void stillStuck(TenantId tenant, RuntimeException why) {
        stuck.put(tenant, reason(why));
    }

    private static String reason(RuntimeException why) {
        return why instanceof AuditException ours && ours.problem() == AuditProblem.LOG_INCONSISTENT
                ? ours.code()
                : "rows stand where the next ones belong";
    }

    /** After a failure: which logs are stuck is asked again. */
    void forget() {
        known = false;
    }

    void park(Handle handle, List<Accepted> events, Instant now) {
        if (events.isEmpty()) {
            return;
        }
        var rows =
                handle.prepareBatch(
                        """
                        INSERT INTO audit.parked (tenant, event_id, bytes, topic, partition, generation, record, code, happened_at, seal, parked_at)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """);
        for (Accepted one : events) {
            var origin = one.origin();
            @Nullable String code =
                    one.facts().isUnreadable() ? one.facts().code().orElse("") : null;
            rows.add(
                    one.tenant().value(),
                    one.eventId(),
                    one.leaf().bytes(),
                    origin.topic(),
                    origin.partition(),
                    origin.generation(),
                    origin.record(),
                    code,
                    one.facts().time().atOffset(ZoneOffset.UTC),
                    sealOf(one, code),
                    now.atOffset(ZoneOffset.UTC));
        }
        var _ = rows.execute();
    }

    private byte[] sealOf(Accepted event, @Nullable String code) {
        return seal.of(
                "parked",
                String.join(
                        " ",
                        event.tenant().value(),
                        event.eventId().toString(),
                        event.leaf().hash().toString(),
                        event.origin().topic(),
                        String.valueOf(code)),
                event.origin().partition(),
                event.origin().generation(),
                event.origin().record());
    }

    /** The logs of which something waits. */
    Set<TenantId> tenants() {
        if (!known) {
            stuck.clear();
            waitingTenants().forEach(tenant -> stuck.put(tenant, "its events are parked"));
            known = true;
        }
        return Set.copyOf(stuck.keySet());
    }

    void written(TenantId tenant) {
        stuck.remove(tenant);
        LOG.atInfo().addKeyValue("tenant", tenant).log("log is written again");
    }

    private List<TenantId> waitingTenants() {
        return jdbi.withHandle(handle ->
                StoredTenant.all(
                        handle.createQuery(
                                "SELECT DISTINCT p.tenant FROM audit.parked p WHERE " + WAITING)));
    }

    /** The first events of the log that wait. */
    List<Accepted> waiting(TenantId tenant) {
        return jdbi.inTransaction(handle -> {
            var events = new ArrayList<Accepted>();
            try (var rows =
                    handle.createQuery(
                                    "SELECT * FROM audit.parked p WHERE p.tenant = :tenant AND "
                                            + WAITING
                                            + " ORDER BY p.place")
                            .bind("tenant", tenant.value())
                            .setFetchSize(EVENTS_MAX)
                            .map((row, _) -> parked(row))
                            .iterator()) {
                while (rows.hasNext() && events.size() < EVENTS_MAX) {
                    rows.next().ifPresent(events::add);
                }
            }
            return events;
        });
    }

    /** The event in the row; empty where somebody else put it there. */
    private Optional<Accepted> parked(ResultSet row) throws SQLException {
        var leaf = new Received.Leaf(row.getBytes("bytes"));
        @Nullable String code = row.getString("code");
        String topic = row.getString("topic");
        var time = row.getObject("happened_at", OffsetDateTime.class).toInstant();
        var event =
                new Accepted(
                        new Received.Origin(
                                topic,
                                row.getInt("partition"),
                                row.getInt("generation"),
                                row.getLong("record")),
                        new TenantId(row.getString("tenant")),
                        row.getObject("event_id", UUID.class),
                        leaf,
                        Facts.ofUnreadable(time, String.valueOf(code), topic));
        if (!RowSeal.same(sealOf(event, code), row.getBytes("seal"))) {
            return Optional.empty();
        }
        return Optional.of(
                code != null
                        ? event
                        : new Accepted(
                                event.origin(),
                                event.tenant(),
                                event.eventId(),
                                leaf,
                                Facts.of(EventCodec.decode(leaf.bytes()))));
    }
}
