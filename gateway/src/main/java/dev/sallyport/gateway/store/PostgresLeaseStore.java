package dev.sallyport.gateway.store;

import com.zaxxer.hikari.HikariDataSource;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.gateway.config.GatewayException;
import dev.sallyport.gateway.limit.AccountKey;
import dev.sallyport.gateway.limit.Amounts;
import dev.sallyport.gateway.limit.Ask;
import dev.sallyport.gateway.limit.Counted;
import dev.sallyport.gateway.limit.Granted;
import dev.sallyport.gateway.limit.LeaseStore;
import dev.sallyport.gateway.limit.LostLease;
import dev.sallyport.gateway.limit.StoreAwayException;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Window;
import dev.sallyport.schema.secret.Secrets;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Leases in PostgreSQL: one call of a function there for all accounts of an exchange. */
public final class PostgresLeaseStore implements LeaseStore {

    private static final int CONNECTIONS_MAX = 4;

    private final HikariDataSource pool;
    private final Jdbi jdbi;
    private final String run;

    private PostgresLeaseStore(HikariDataSource pool, String run) {
        this.pool = pool;
        this.jdbi = StoreConnections.jdbi(pool);
        this.run = run;
    }

    /**
     * Migrates the database, where an owner is given. Where it is away otherwise, it is asked again
     * when it is needed.
     *
     * @throws GatewayException {@code limits_unavailable} if it cannot be migrated
     */
    public static PostgresLeaseStore open(
            GatewayConfig.LimitStore settings, GatewayId gateway, Secrets secrets) {
        StoreConnections.migrate(settings, secrets);
        return new PostgresLeaseStore(
                pool(settings, secrets), gateway.value() + "/" + UUID.randomUUID());
    }

    /** Opens the database as it is, to look at. */
    public static PostgresLeaseStore openToRead(
            GatewayConfig.LimitStore settings, Secrets secrets) {
        return new PostgresLeaseStore(pool(settings, secrets), "reader");
    }

    private static HikariDataSource pool(GatewayConfig.LimitStore settings, Secrets secrets) {
        return StoreConnections.pool(settings, secrets, "limits", CONNECTIONS_MAX, 1);
    }

    @Override
    public List<Granted> exchange(List<Ask> asks, long leaseMillis) throws StoreAwayException {
        Granted[] answers = new Granted[asks.size()];
        try {
            jdbi.useHandle(handle ->
                    handle.createQuery(
                                    "SELECT * FROM limits.exchange(:run, :millis, CAST(:asks AS jsonb))")
                            .bind("run", run)
                            .bind("millis", leaseMillis)
                            .bind("asks", json(asks))
                            .map((rows, _) -> {
                                answers[(int) rows.getLong("place") - 1] = granted(rows);
                                return true;
                            })
                            .list());
        } catch (JdbiException e) {
            throw new StoreAwayException("leases were not exchanged", e);
        }
        for (Granted answer : answers) {
            if (answer == null) {
                throw new StoreAwayException("leases were exchanged in part", null);
            }
        }
        return List.of(answers);
    }

    private static String json(List<Ask> asks) {
        ArrayNode all = Json.mapper().createArrayNode();
        for (Ask ask : asks) {
            ObjectNode one =
                    all.addObject()
                            .put("t", ask.key().tenant().value())
                            .put("a", ask.key().allowance())
                            .put("w", ask.key().window().wire())
                            .put("h", ask.key().holder())
                            .put("l", ask.lease())
                            .put("o", ask.logged());
            put(one, "u", ask.used());
            put(one, "r", ask.returned());
            put(one, "x", ask.reserved());
            put(one, "n", ask.need());
            put(one, "f", ask.ahead());
            put(one, "m", ask.most());
        }
        return all.toString();
    }

    private static void put(ObjectNode ask, String name, Amounts amounts) {
        ArrayNode array = ask.putArray(name);
        for (long amount : amounts.toArray()) {
            array.add(amount);
        }
    }

    private static Granted granted(ResultSet row) throws SQLException {
        return new Granted(
                row.getLong("lease_id"),
                row.getLong("ends_in_millis"),
                amounts(row.getArray("granted")),
                amounts(row.getArray("used")),
                amounts(row.getArray("returned")),
                amounts(row.getArray("remaining")),
                amounts(row.getArray("others")));
    }

    private static Amounts amounts(Array array) throws SQLException {
        Long[] values = (Long[]) array.getArray();
        return new Amounts(values[0], values[1], values[2]);
    }

    @Override
    public Set<AccountKey> wanted() throws StoreAwayException {
        try {
            return new HashSet<>(
                    jdbi.withHandle(handle ->
                            handle.createQuery("SELECT * FROM limits.wanted(:run)")
                                    .bind("run", run)
                                    .map((row, _) -> key(row))
                                    .list()));
        } catch (JdbiException e) {
            throw new StoreAwayException("it cannot be told what others wait for", e);
        }
    }

    @Override
    public List<LostLease> lost(long graceMillis) throws StoreAwayException {
        try {
            return jdbi.withHandle(handle ->
                    handle.createQuery("SELECT * FROM limits.lost(:run, :grace)")
                            .bind("run", run)
                            .bind("grace", graceMillis)
                            .map((row, _) ->
                                    new LostLease(
                                            row.getLong("lease_id"),
                                            key(row),
                                            gateway(row.getString("gateway")),
                                            row.getString("logged")))
                            .list());
        } catch (JdbiException e) {
            throw new StoreAwayException("it cannot be told which leases are lost", e);
        }
    }

    private static String gateway(String run) {
        int slash = run.indexOf('/');
        return slash < 0 ? run : run.substring(0, slash);
    }

    private static AccountKey key(ResultSet row) throws SQLException {
        return new AccountKey(
                new TenantId(row.getString("tenant")),
                row.getString("allowance"),
                Window.of(row.getString("width")),
                row.getString("holder"));
    }

    @Override
    public boolean close(LostLease lease, long graceMillis, Amounts used)
            throws StoreAwayException {
        try {
            return jdbi.withHandle(handle ->
                    handle.createQuery(
                                    "SELECT limits.close_lost(:lease, :grace, CAST(ARRAY[:calls, :rows, :bytes] AS bigint[]))")
                            .bind("lease", lease.id())
                            .bind("grace", graceMillis)
                            .bind("calls", used.calls())
                            .bind("rows", used.rows())
                            .bind("bytes", used.bytes())
                            .mapTo(Boolean.class)
                            .one());
        } catch (JdbiException e) {
            throw new StoreAwayException("a lost lease was not closed", e);
        }
    }

    @Override
    public List<Counted> standing(TenantId tenant) throws StoreAwayException {
        try {
            return jdbi.withHandle(handle ->
                    new ArrayList<>(
                            handle.createQuery("SELECT * FROM limits.standing(:tenant)")
                                    .bind("tenant", tenant.value())
                                    .map((row, _) ->
                                            new Counted(
                                                    new AccountKey(
                                                            tenant,
                                                            row.getString("allowance"),
                                                            Window.of(row.getString("width")),
                                                            row.getString("holder")),
                                                    row.getLong("ends_in_millis"),
                                                    amounts(row.getArray("used")),
                                                    amounts(row.getArray("leased")),
                                                    amounts(row.getArray("expired"))))
                                    .list()));
        } catch (JdbiException e) {
            throw new StoreAwayException("it cannot be told how limits stand", e);
        }
    }

    @Override
    public void sweep() throws StoreAwayException {
        try {
            jdbi.useHandle(
                    handle -> handle.createQuery("SELECT limits.sweep()").mapTo(Long.class).one());
        } catch (JdbiException e) {
            throw new StoreAwayException("windows that are over were not forgotten", e);
        }
    }

    @Override
    public boolean durable() {
        return true;
    }

    @Override
    public void close() {
        pool.close();
    }
}
