package dev.sallyport.gateway;

import dev.sallyport.gateway.admission.Admission;
import dev.sallyport.gateway.approval.ApprovalStore;
import dev.sallyport.gateway.approval.Decisions;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.gateway.config.GatewayException;
import dev.sallyport.gateway.dispatch.Cells;
import dev.sallyport.gateway.dispatch.Dispatcher;
import dev.sallyport.gateway.dispatch.EventLog;
import dev.sallyport.gateway.dispatch.LoggedUse;
import dev.sallyport.gateway.edge.Edge;
import dev.sallyport.gateway.edge.EdgeConfig;
import dev.sallyport.gateway.gate.Gate;
import dev.sallyport.gateway.identity.ProtectedResource;
import dev.sallyport.gateway.identity.TokenAuthenticator;
import dev.sallyport.gateway.limit.Allowances;
import dev.sallyport.gateway.limit.Evidence;
import dev.sallyport.gateway.protocol.Mcp;
import dev.sallyport.gateway.reply.Replies;
import dev.sallyport.gateway.statement.Dialects;
import dev.sallyport.gateway.store.PostgresApprovalStore;
import dev.sallyport.gateway.store.PostgresLeaseStore;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.health.Health;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.SigningKey;
import dev.sallyport.schema.signal.Refusals;
import dev.sallyport.schema.token.AccessTokens;
import dev.sallyport.schema.token.Caller;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A gateway, wired by hand: configuration, registry, log, replies, gate, tools, protocol, edge. It
 * is the test fixture too.
 *
 * <p>Starting waits until the registry was read whole and the position for replies is taken, so
 * that the first call is decided and answered like any other.
 */
public final class Gateway implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final Duration LEASE_MARGIN = Duration.ofSeconds(2);
    private static final String VERSION = "0.1.0";

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Edge edge;

    private Gateway(GatewayConfig config, Secrets secrets, InstantSource clock) {
        try {
            this.edge = wire(config, secrets, clock);
        } catch (RuntimeException e) {
            closeParts();
            throw e;
        }
    }

    /**
     * Starts a gateway.
     *
     * @param secrets where the configuration's secret references lead
     * @throws dev.sallyport.schema.SallyportException if it cannot serve: {@code
     *     registry_unavailable}, {@code replies_unavailable}, {@code gateway_key_unregistered},
     *     {@code secret_unavailable}, {@code key_malformed}
     */
    public static Gateway start(GatewayConfig config, Secrets secrets, InstantSource clock) {
        return new Gateway(config, secrets, clock);
    }

    private Edge wire(GatewayConfig config, Secrets secrets, InstantSource clock) {
        SigningKey signingKey = SigningKey.parse(secrets.resolve(config.signingKey()));
        var keyring = new Keyring(new KeyEncryptionKey(secrets.resolve(config.keyEncryptionKey())));
        RegistryFeed registry =
                part(
                        RegistryFeed.start(
                                config.kafka(), config.id().value(), config.timeouts().registry()));
        requireRegisteredKey(config, registry.get(), signingKey);
        EventLog log =
                part(
                        EventLog.open(
                                config.kafka(),
                                config.id(),
                                cells(registry.get()),
                                clock,
                                config.timeouts().publish()));
        Replies replies =
                part(Replies.start(config.kafka(), config.id(), config.timeouts().registry()));
        Cells cells = part(Cells.start(config.kafka(), config.id(), () -> cells(registry.get())));
        Refusals refusals =
                part(Refusals.start(log.signals(), clock, config.timeouts().refusalFold()));
        var resource =
                new ProtectedResource(
                        config.publicUrl(),
                        config.authorizationServers(),
                        Stream.of(Scope.READ, Scope.WRITE, Scope.DELETE, Scope.SQL, Scope.ADMIN)
                                .map(Scope::wire)
                                .toList());
        LoggedUse evidence = part(new LoggedUse(log, config.kafka(), registry));
        Allowances allowances = part(allowances(config, secrets, evidence, clock));
        var dispatcher =
                new Dispatcher(
                        log, replies, cells, keyring, signingKey, clock, config.timeouts().call());
        var refused = new RefusedCalls(refusals, resource, clock);
        var limited = new CallLimits(allowances, registry, config.timeouts().call());
        var runs = new CallRuns(dispatcher, limited, refused);
        @Nullable ApprovalStore approvals = approvals(config, secrets);
        @Nullable Decisions decisions =
                approvals == null
                        ? null
                        : part(Decisions.start(config.kafka(), config.id(), registry, approvals));
        var held =
                new HeldCalls(
                        runs,
                        approvals,
                        log,
                        signingKey,
                        keyring,
                        refused,
                        clock,
                        config.consoleUrl());
        var offer =
                ToolHandlers.offer(
                        VERSION,
                        gate(config.writable(), config.limits(), config.timeouts()),
                        new Dialects(config.limits().statementMemoryBytesMax()),
                        registry,
                        log,
                        allowances,
                        limited,
                        runs,
                        held,
                        refused,
                        keyring);
        var tokens = new AccessTokens(config.publicUrl(), registry, clock);
        return part(
                Edge.start(
                        edgeConfig(config),
                        resource,
                        new TokenAuthenticator(tokens, registry, refusals, clock),
                        new Admission(
                                config.limits().requestsMax(),
                                config.limits().memoryBytesMax(),
                                (caller, address) ->
                                        allowances.standing(
                                                limits(registry.get(), caller), caller, address)),
                        refused::tell,
                        new Mcp(offer),
                        () -> health(config.id(), registry, cells, decisions)));
    }

    /** Where approvals are kept; null where there is no store. */
    private @Nullable ApprovalStore approvals(GatewayConfig config, Secrets secrets) {
        return config.limitStore().jdbcUrl() == null
                ? null
                : part(PostgresApprovalStore.open(config.limitStore(), secrets));
    }

    private static Allowances allowances(
            GatewayConfig config, Secrets secrets, Evidence evidence, InstantSource clock) {
        GatewayConfig.LimitStore store = config.limitStore();
        return store.jdbcUrl() == null
                ? Allowances.ofOneGateway(clock)
                : Allowances.shared(
                        PostgresLeaseStore.open(store, config.id(), secrets),
                        evidence,
                        store.leaseTime(),
                        // what was sent before a lease ended is acknowledged by then, or never
                        config.timeouts().publish().plus(LEASE_MARGIN),
                        clock);
    }

    private static TenantLimits limits(Registry registry, Caller caller) {
        return registry.tenant(caller.tenant())
                .map(Tenant::limitsInForce)
                .orElse(TenantLimits.DEFAULT);
    }

    private static Set<CellId> cells(Registry registry) {
        return registry.tenants().map(Tenant::cell).collect(Collectors.toSet());
    }

    /**
     * How the gateway fares. Where cells have no executors it is no less alive: it answers their
     * callers at once, and those of the others.
     */
    private static Health health(
            GatewayId id, RegistryFeed registry, Cells cells, @Nullable Decisions decisions) {
        boolean current = registry.isCurrent();
        boolean known = registry.get().gatewayKey(id, KeyPurpose.COMMANDS).isPresent();
        SortedMap<String, Object> figures = new TreeMap<>();
        figures.put("registry", current ? "current" : "outdated");
        figures.put("key", known ? "registered" : "missing");
        figures.put("cells", cells.words());
        boolean decided = decisions == null || decisions.isCurrent();
        figures.put("decisions", decisions == null ? "no store" : decided ? "current" : "behind");
        boolean alive = current && known;
        boolean whole = cells.allAnswer() && decided;
        figures.put("status", !alive ? "not ready" : whole ? "ready" : "degraded");
        return new Health(alive, figures);
    }

    static Gate gate(
            boolean writable, GatewayConfig.Limits limits, GatewayConfig.Timeouts timeouts) {
        int statementMillis = (int) Math.min(Integer.MAX_VALUE, timeouts.statement().toMillis());
        return new Gate(
                writable,
                new Limits(limits.rowsMax(), limits.resultBytesMax(), statementMillis),
                limits.rowsDefault());
    }

    private static EdgeConfig edgeConfig(GatewayConfig config) {
        var limits = config.limits();
        var timeouts = config.timeouts();
        return new EdgeConfig(
                config.host(),
                config.port(),
                "https".equals(config.publicUrl().getScheme()),
                config.trustedProxies(),
                config.allowedOrigins(),
                new EdgeConfig.Limits(
                        limits.bodyBytesMax(),
                        limits.headerBytesMax(),
                        limits.connectionsMax(),
                        limits.acceptQueueMax()),
                new EdgeConfig.Timeouts(
                        timeouts.head(),
                        timeouts.body(),
                        timeouts.answer(),
                        timeouts.idle(),
                        timeouts.drain()));
    }

    /**
     * Executors run nothing that a gateway signed whose key they do not know: better to say so
     * before the first call.
     */
    private static void requireRegisteredKey(
            GatewayConfig config, Registry registry, SigningKey signingKey) {
        var registered =
                registry.gatewayKey(config.id(), KeyPurpose.COMMANDS)
                        .orElseThrow(() ->
                                new GatewayException(
                                        "gateway_key_unregistered",
                                        "the registry has no entry key/%s for commands: put the public half of signingKey there first"
                                                .formatted(config.id())));
        byte[] probe = "{}".getBytes(StandardCharsets.US_ASCII);
        if (!EventSignature.verify(EventSignature.sign(probe, signingKey), registered.parsed())) {
            throw new GatewayException(
                    "gateway_key_unregistered",
                    "the registry's entry key/%s is not the public half of signingKey"
                            .formatted(config.id()));
        }
    }

    /** The port in use, also where the configuration left the choice to the system. */
    public int port() {
        return edge.port();
    }

    /** Waits until the gateway is closed. */
    public void awaitStop() throws InterruptedException {
        stopped.await();
    }

    /**
     * Takes no more calls, lets those under way end within the drain time, tells the log what was
     * folded, and stops.
     */
    @Override
    public void close() {
        closeParts();
        stopped.countDown();
    }

    private <T extends AutoCloseable> T part(T part) {
        parts.push(part);
        return part;
    }

    private void closeParts() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                LOG.atWarn().setCause(e).log("a part of the gateway did not stop cleanly");
            }
        }
    }
}
