package dev.sallyport.audit.check;

import dev.sallyport.audit.AuditConfig;
import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.search.Facts;
import dev.sallyport.audit.search.SearchWriter;
import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.secret.Secrets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/**
 * Makes what is searched anew from the logs, as the owner of the tables: rows that were altered,
 * deleted or put there by somebody else are as the entries say again. The logs are only read.
 */
public final class SearchRebuild {
    private static final int BATCH = 1_000;

    private SearchRebuild() {}

    /**
     * Rebuilds in one transaction: readers see all of what was there before, or all of what is
     * there afterwards. A running service waits with what is new meanwhile.
     *
     * @return how many entries each log has that can be found now
     * @throws AuditException {@code database_unavailable}, {@code database_owner_missing}
     */
    public static Map<TenantId, Long> run(AuditConfig config, Secrets secrets) {
        var seal = RowSeal.of(NoteSigner.parse(secrets.resolve(config.signingKey()).value()));
        try (var database = AuditDatabase.openAsOwner(config.database(), secrets)) {
            return database.jdbi().inTransaction(handle -> rebuild(handle, seal));
        } catch (JdbiException | SQLException failed) {
            throw new AuditException(
                    AuditProblem.DATABASE_UNAVAILABLE,
                    "the search tables were not made anew",
                    failed);
        }
    }

    private static Map<TenantId, Long> rebuild(Handle handle, RowSeal seal) throws SQLException {
        // whoever writes entries writes these tables too, so that no log grows from here on
        handle.execute(
                "LOCK TABLE desk.search, desk.description, desk.approval IN SHARE ROW EXCLUSIVE MODE");
        handle.execute("DELETE FROM desk.search");
        handle.execute("DELETE FROM desk.approval");
        handle.execute("DELETE FROM desk.description");
        var found = new TreeMap<TenantId, Long>();
        var batch = new ArrayList<SearchWriter.Row>();
        try (var entries =
                handle.createQuery(
                                """
                                SELECT e.tenant, e.seq, e.event_id, e.bytes, e.topic, e.sequenced_at,
                                       (SELECT r.code FROM audit.rejected r
                                        WHERE r.topic = e.topic AND r.partition = e.partition AND r.record = e.record
                                        ORDER BY r.generation DESC LIMIT 1) AS code
                                FROM (SELECT tenant, max(size) AS size FROM audit.head GROUP BY tenant) AS log
                                JOIN audit.entry e ON e.tenant = log.tenant AND e.seq < log.size
                                ORDER BY e.tenant, e.seq
                                """)
                        .setFetchSize(BATCH)
                        .map((row, _) -> row(row))
                        .iterator()) {
            while (entries.hasNext()) {
                var row = entries.next();
                batch.add(row);
                var _ = found.merge(row.tenant(), 1L, Long::sum);
                if (batch.size() == BATCH) {
                    write(handle, seal, batch);
                }
            }
        }
        write(handle, seal, batch);
        // what was filled at once would be searched by guesses until the server gets to it
        handle.execute("ANALYZE desk.search, desk.description, desk.approval");
        return found;
    }

    private static void write(Handle handle, RowSeal seal, List<SearchWriter.Row> batch)
            throws SQLException {
        if (!batch.isEmpty()) {
            var _ = SearchWriter.write(handle, seal, batch, _ -> false);
            batch.clear();
        }
    }

    private static SearchWriter.Row row(ResultSet row) throws SQLException {
        var tenant = new TenantId(row.getString("tenant"));
        var id = row.getObject("event_id", UUID.class);
        return new SearchWriter.Row(tenant, row.getLong("seq"), id, facts(row, tenant, id));
    }

    /** Of a record that was no event of the tenant it named, the log says nothing but its bytes. */
    private static Facts facts(ResultSet row, TenantId tenant, UUID id) throws SQLException {
        try {
            var event = EventCodec.decode(row.getBytes("bytes"));
            if (event.tenant().equals(tenant) && event.id().value().equals(id)) {
                return Facts.of(event);
            }
        } catch (SchemaException unreadable) {
            // as below
        }
        return Facts.ofUnreadable(
                row.getObject("sequenced_at", OffsetDateTime.class).toInstant(),
                String.valueOf(row.getString("code")),
                row.getString("topic"));
    }
}
