package dev.sallyport.audit.search;

import dev.sallyport.audit.store.CopyRows;
import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.schema.id.TenantId;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;

/** Writes what entries are found by, within the transaction of the handle. */
public final class SearchWriter {
    private SearchWriter() {}

    /**
     * What an entry is found by.
     *
     * @param tenant whose log it is in
     * @param index its place there
     */
    public record Row(TenantId tenant, long index, UUID eventId, Facts facts) {}

    /**
     * Writes the rows, by one statement a table.
     *
     * @param seal seals the descriptions
     * @param described which descriptions are known to be in the database
     * @return the descriptions of these rows, which are in the database now
     */
    public static Set<UUID> write(
            Handle handle, RowSeal seal, List<Row> rows, Predicate<UUID> described)
            throws SQLException {
        var descriptions = new HashMap<UUID, Description>();
        try (var copied =
                CopyRows.into(
                        handle.getConnection(),
                        "desk.search",
                        "time",
                        "seq",
                        "rows",
                        "event_id",
                        "call_id",
                        "description",
                        "tenant")) {
            for (Row row : rows) {
                var facts = row.facts();
                var description = Description.of(row.tenant(), facts, seal);
                descriptions.put(description.id(), description);
                copied.row()
                        .time(facts.time())
                        .int8(row.index())
                        .int8(facts.rows())
                        .uuid(row.eventId())
                        .uuid(facts.call().map(call -> call.value()))
                        .uuid(description.id())
                        .text(row.tenant().value());
            }
            copied.finish();
        }
        insert(
                handle,
                descriptions.values().stream()
                        .filter(one -> !described.test(one.id()))
                        // two writers never wait for each other in a circle
                        .sorted(Comparator.comparing(Description::id))
                        .toList());
        insertSteps(handle, rows);
        return descriptions.keySet();
    }

    private static void insertSteps(Handle handle, List<Row> rows) {
        if (rows.stream().allMatch(row -> row.facts().approval().isEmpty())) {
            return;
        }
        var steps =
                handle.prepareBatch(
                        """
                        INSERT INTO desk.approval (tenant, approval, seq, step, time, expires, requester, approvers)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        """);
        for (Row row : rows) {
            row.facts()
                    .approval()
                    .ifPresent(step ->
                            steps.add(
                                    row.tenant().value(),
                                    step.approval(),
                                    row.index(),
                                    step.kind().wire(),
                                    // the driver would round
                                    row.facts()
                                            .time()
                                            .truncatedTo(ChronoUnit.MICROS)
                                            .atOffset(ZoneOffset.UTC),
                                    step.expires().map(time -> time.atOffset(ZoneOffset.UTC)),
                                    step.requester(),
                                    step.approvers().toArray(new String[0])));
        }
        var _ = steps.execute();
    }

    private static void insert(Handle handle, List<Description> descriptions) {
        if (descriptions.isEmpty()) {
            return;
        }
        var rows =
                handle.prepareBatch(
                        """
                        INSERT INTO desk.description (id, tenant, kind, principal, client, tool, database, statement_class,
                            outcome, code, tables, fingerprint, detail, words)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, array_to_tsvector(?))
                        ON CONFLICT DO NOTHING
                        """);
        for (Description one : descriptions) {
            var facts = one.facts();
            rows.add(
                    one.id(),
                    one.tenant().value(),
                    facts.kind(),
                    facts.principal(),
                    facts.client(),
                    facts.tool(),
                    facts.database().map(name -> name.value()),
                    facts.statementClass(),
                    facts.outcome(),
                    facts.code(),
                    facts.tables().toArray(new String[0]),
                    facts.fingerprint(),
                    facts.detail(),
                    facts.words().toArray(new String[0]));
        }
        var _ = rows.execute();
    }
}
