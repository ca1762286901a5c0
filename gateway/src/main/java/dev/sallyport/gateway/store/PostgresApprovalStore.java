package dev.sallyport.gateway.store;

import com.zaxxer.hikari.HikariDataSource;
import dev.sallyport.gateway.approval.ApprovalStore;
import dev.sallyport.gateway.approval.Asked;
import dev.sallyport.gateway.approval.Binding;
import dev.sallyport.gateway.approval.Kept;
import dev.sallyport.gateway.approval.Redeemed;
import dev.sallyport.gateway.approval.Requester;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.gateway.limit.StoreAwayException;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.secret.Secrets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import tools.jackson.databind.node.ArrayNode;

/** Approvals in PostgreSQL: one call of a function there for each step. */
public final class PostgresApprovalStore implements ApprovalStore {

    private static final int CONNECTIONS_MAX = 4;

    private final HikariDataSource pool;
    private final Jdbi jdbi;

    private PostgresApprovalStore(HikariDataSource pool) {
        this.pool = pool;
        this.jdbi = StoreConnections.jdbi(pool);
    }

    /**
     * Migrates the database, where an owner is given. Where it is away otherwise, it is asked again
     * when it is needed.
     *
     * @throws dev.sallyport.gateway.config.GatewayException {@code limits_unavailable} if it cannot
     *     be migrated
     */
    public static PostgresApprovalStore open(GatewayConfig.LimitStore settings, Secrets secrets) {
        StoreConnections.migrate(settings, secrets);
        return new PostgresApprovalStore(
                StoreConnections.pool(settings, secrets, "approvals", CONNECTIONS_MAX, 0));
    }

    @Override
    public Optional<Instant> add(Asked asked) throws StoreAwayException {
        var row =
                Json.mapper()
                        .createObjectNode()
                        .put("i", asked.id().toString())
                        .put("t", asked.requester().tenant().value())
                        .put("o", asked.requester().issuer())
                        .put("s", asked.requester().subject())
                        .put("d", asked.binding().database().value())
                        .put("n", asked.binding().tool())
                        .put("k", asked.binding().dataKey())
                        .put("q", asked.binding().statement())
                        .put("p", asked.binding().params())
                        .put("b", asked.by().wire())
                        .put("m", asked.needed())
                        .put("e", asked.effectDigest())
                        .put("r", asked.rows());
        row.set("a", array(asked.approvers()));
        try {
            return Optional.ofNullable(
                            jdbi.withHandle(handle ->
                                    handle.createQuery(
                                                    "SELECT limits.add_approval(CAST(:asked AS jsonb), :valid, :open)")
                                            .bind("asked", row.toString())
                                            .bind("valid", asked.valid().toMillis())
                                            .bind("open", (long) OPEN_MAX)
                                            .map((one, _) ->
                                                    Optional.ofNullable(
                                                            one.getObject(1, OffsetDateTime.class)))
                                            .one()
                                            .orElse(null)))
                    .map(OffsetDateTime::toInstant);
        } catch (JdbiException e) {
            throw new StoreAwayException("a request for approval was not kept", e);
        }
    }

    @Override
    public Optional<Kept> find(TenantId tenant, UUID id) throws StoreAwayException {
        try {
            return jdbi.withHandle(handle ->
                    handle.createQuery("SELECT * FROM limits.find_approval(:id, :tenant)")
                            .bind("id", id)
                            .bind("tenant", tenant.value())
                            .map((row, _) -> kept(id, tenant, row))
                            .findOne());
        } catch (JdbiException e) {
            throw new StoreAwayException("an approval cannot be looked up", e);
        }
    }

    private static Kept kept(UUID id, TenantId tenant, ResultSet row) throws SQLException {
        long rows = row.getLong("affected");
        boolean rehearsed = !row.wasNull();
        return new Kept(
                id,
                new Requester(tenant, row.getString("issuer"), row.getString("subject")),
                new Binding(
                        row.getString("tool"),
                        new DatabaseName(row.getString("database")),
                        row.getString("data_key"),
                        row.getString("statement"),
                        row.getString("params")),
                ApprovalBy.of(row.getString("kind")),
                texts(row.getString("approvers")),
                row.getInt("needed"),
                row.getString("effect"),
                rehearsed ? rows : null,
                row.getObject("expires", OffsetDateTime.class).toInstant(),
                texts(row.getString("granted")),
                row.getBoolean("denied"),
                row.getBoolean("over"),
                row.getBoolean("redeemed"));
    }

    private static Set<String> texts(String array) {
        Set<String> texts = new LinkedHashSet<>();
        Json.mapper().readTree(array).forEach(text -> texts.add(text.asString()));
        return texts;
    }

    private static ArrayNode array(Collection<String> texts) {
        ArrayNode array = Json.mapper().createArrayNode();
        texts.forEach(array::add);
        return array;
    }

    @Override
    public void decide(TenantId tenant, UUID id, String approver, boolean granted, Instant at)
            throws StoreAwayException {
        try {
            jdbi.useHandle(handle ->
                    handle.createQuery(
                                    "SELECT 1 FROM limits.decide_approval(:id, :tenant, :who, :granted, :at)")
                            .bind("id", id)
                            .bind("tenant", tenant.value())
                            .bind("who", approver)
                            .bind("granted", granted)
                            .bind("at", OffsetDateTime.ofInstant(at, ZoneOffset.UTC))
                            .mapTo(Integer.class)
                            .list());
        } catch (JdbiException e) {
            throw new StoreAwayException("a decision was not noted", e);
        }
    }

    @Override
    public Redeemed redeem(
            TenantId tenant, UUID id, Set<String> mayAllow, int atLeast, Duration cooldown)
            throws StoreAwayException {
        try {
            return jdbi.withHandle(handle ->
                    handle.createQuery(
                                    "SELECT * FROM limits.redeem_approval(:id, :tenant, CAST(:may AS jsonb), :least, :cooldown)")
                            .bind("id", id)
                            .bind("tenant", tenant.value())
                            .bind("may", array(mayAllow).toString())
                            .bind("least", atLeast)
                            .bind("cooldown", cooldown.toSeconds())
                            .map((row, _) ->
                                    redeemed(row.getString("verdict"), row.getLong("wait_millis")))
                            .one());
        } catch (JdbiException e) {
            throw new StoreAwayException("an approval was not used", e);
        }
    }

    private static Redeemed redeemed(String verdict, long waitMillis) {
        return switch (verdict) {
            case "redeemed" -> new Redeemed.Now();
            case "used" -> new Redeemed.Before();
            case "denied" -> new Redeemed.Denied();
            case "expired" -> new Redeemed.Expired();
            case "pending" -> new Redeemed.Pending();
            case "cooldown" -> new Redeemed.Cooling(Duration.ofMillis(waitMillis));
            default -> new Redeemed.Unknown();
        };
    }

    @Override
    public Duration cool(Requester requester, DatabaseName database, Duration cooldown)
            throws StoreAwayException {
        try {
            return Duration.ofMillis(
                    jdbi.withHandle(handle ->
                            handle.createQuery(
                                            "SELECT limits.cool(:tenant, :issuer, :subject, :database, :seconds)")
                                    .bind("tenant", requester.tenant().value())
                                    .bind("issuer", requester.issuer())
                                    .bind("subject", requester.subject())
                                    .bind("database", database.value())
                                    .bind("seconds", cooldown.toSeconds())
                                    .mapTo(Long.class)
                                    .one()));
        } catch (JdbiException e) {
            throw new StoreAwayException("it cannot be told how long to wait", e);
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
