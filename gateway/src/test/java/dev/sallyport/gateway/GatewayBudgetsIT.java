package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.StandInExecutor.Answer;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.gateway.limit.Counted;
import dev.sallyport.gateway.limit.StoreAwayException;
import dev.sallyport.gateway.store.LimitDatabase;
import dev.sallyport.gateway.store.PostgresLeaseStore;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.registry.Window;
import dev.sallyport.schema.secret.Secrets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Two whole gateways, one store. */
class GatewayBudgetsIT {

    private static final Map<String, Object> SELECT = Map.of("database", "shop", "sql", "select 1");

    private GatewayFixture fixture;
    private LimitDatabase database;
    private final List<Gateway> gateways = new ArrayList<>();

    @BeforeEach
    void start() {
        fixture = GatewayFixture.start();
        database = LimitDatabase.fresh(Duration.ofSeconds(5));
        for (String name : List.of("one-", "two-")) {
            gateways.add(gateway(new GatewayId(name + fixture.acme), database.settings));
        }
    }

    @AfterEach
    void stop() {
        gateways.forEach(Gateway::close);
        fixture.close();
    }

    private Gateway gateway(GatewayId id, GatewayConfig.LimitStore store) {
        fixture.register(id);
        Awaitility.await()
                .until(() -> fixture.feed.get().gatewayKey(id, KeyPurpose.COMMANDS).isPresent());
        GatewayConfig config = fixture.configOf(id, List.of(), store);
        Map<String, String> environment = new HashMap<>(LimitDatabase.environment());
        environment.putAll(fixture.environment);
        return Gateway.start(config, new Secrets(environment), InstantSource.system());
    }

    private McpClient caller(Gateway gateway, String subject, String... scopes) {
        return new McpClient(gateway.port(), fixture.token(fixture.acme, subject, Set.of(scopes)));
    }

    /** A window that does not end while a test runs. */
    private static Window calm() {
        Instant soon = Instant.now().plus(5, ChronoUnit.MINUTES);
        for (Window window : List.of(Window.HOUR, Window.DAY)) {
            if (window.startOf(soon).equals(window.startOf(Instant.now()))) {
                return window;
            }
        }
        return Window.MONTH;
    }

    private void budget(@Nullable Long calls, @Nullable Long rows, Set<String> tools) {
        fixture.limit(
                fixture.acme,
                new TenantLimits(
                        1_000_000,
                        1_000_000,
                        Map.of(),
                        List.of(new Budget("b", Set.of("ana"), tools, calm(), calls, rows, null))));
        for (Gateway gateway : gateways) {
            Awaitility.await().until(() -> left(gateway, "ana").path("budgets").size() == 1);
        }
    }

    /** What the resource says. */
    private JsonNode left(Gateway gateway, String subject) {
        var answer =
                caller(gateway, subject, "mcp:read")
                        .call(
                                "resources/read",
                                JsonMapper.shared()
                                        .createObjectNode()
                                        .put("uri", "sallyport://limits"),
                                "sallyport://limits");
        assertThat(answer.status()).isEqualTo(200);
        return JsonMapper.shared().readTree(answer.body().at("/result/contents/0/text").asString());
    }

    @Test
    void sixtyFourCallersOnTwoGatewaysEndAtExactlyTheBudget() throws Exception {
        budget(300L, null, Set.of());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Integer>> callers = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                McpClient client = caller(gateways.get(i % 2), "ana", "mcp:read");
                callers.add(() -> callUntilExhausted(client));
            }
            int served = 0;
            for (Future<Integer> caller : threads.invokeAll(callers)) {
                served += caller.get();
            }

            assertThat(served).isEqualTo(300);
            assertThat(fixture.executor.taken()).hasSize(300);
        }
        Awaitility.await()
                .untilAsserted(() ->
                        assertThat(
                                        left(gateways.getFirst(), "ana")
                                                .at("/budgets/0/calls/left")
                                                .asLong(-1))
                                .isZero());
        // others are not concerned
        assertThat(caller(gateways.getFirst(), "bob", "mcp:read").tool("db_query", SELECT).status())
                .isEqualTo(200);
        assertThat(caller(gateways.getFirst(), "bob", "mcp:read").tool("db_query", SELECT).code())
                .isEmpty();
    }

    private static int callUntilExhausted(McpClient client) {
        int served = 0;
        while (true) {
            var answer = client.tool("db_query", SELECT);
            switch (answer.code()) {
                case "" -> served++;
                case "budget_in_use", "tenant_busy" -> {}
                case "budget_exhausted" -> {
                    assertThat(answer.status()).isEqualTo(200);
                    assertThat(answer.isError()).isTrue();
                    assertThat(answer.http().headers().firstValue("Retry-After")).isPresent();
                    return served;
                }
                default -> throw new IllegalStateException(answer.code() + answer.message());
            }
        }
    }

    @Test
    void rowsAreReservedAndTheRestIsGivenBack() {
        budget(null, 100L, Set.of());
        fixture.executor.answers((call, _) -> rows(30, call));
        var ana = caller(gateways.getFirst(), "ana", "mcp:read");
        for (int i = 0; i < 3; i++) {
            assertThat(ana.tool("db_query", SELECT).status()).isEqualTo(200);
        }

        var last = ana.tool("db_query", SELECT);

        assertThat(fixture.executor.taken().getLast().call().limits().rowsMax()).isEqualTo(10);
        assertThat(last.body().at("/result/_meta/dev.sallyport~1notes/0").asString(""))
                .contains("at most 10 rows");
        assertThat(ana.tool("db_query", SELECT).code()).isEqualTo("budget_exhausted");
    }

    private static Answer rows(int rows, CallAuthorized call) {
        return Answer.of(
                IntStream.range(0, Math.min(rows, call.limits().rowsMax()))
                        .mapToObj(i -> "[" + i + "]")
                        .collect(Collectors.joining(",", "{\"rows\":[", "]}")));
    }

    @Test
    void whoIsRefusedForAnotherReasonPaysNothing() {
        budget(2L, null, Set.of());
        var ana = caller(gateways.getFirst(), "ana", "mcp:read");
        for (int i = 0; i < 5; i++) {
            assertThat(
                            ana.tool("db_query", Map.of("database", "nowhere", "sql", "select 1"))
                                    .code())
                    .isEqualTo("database_unknown");
            assertThat(ana.tool("db_query", Map.of("database", "shop")).code())
                    .isEqualTo("arguments_invalid");
        }

        fixture.executor.answers(
                (_, _) -> new Answer(Ended.FAILED, "sql_error", "no such table", "{}"));
        assertThat(ana.tool("db_query", SELECT).code()).isEqualTo("sql_error");
        assertThat(ana.tool("show_databases", Map.of()).status()).isEqualTo(200);
        assertThat(ana.tool("db_query", SELECT).code()).isEqualTo("budget_exhausted");
        assertThat(ana.tool("show_databases", Map.of()).code()).isEqualTo("budget_exhausted");
    }

    @Test
    void anUnknownOutcomeKeepsItsReservationUntilItsReplyComes() {
        budget(null, 100L, Set.of("db_query"));
        fixture.executor.answers((_, _) -> null);
        var ana = caller(gateways.getFirst(), "ana", "mcp:read");
        // more than the call's deadline
        var unknown = ana.tool("db_query", SELECT);
        assertThat(unknown.code()).isEqualTo("deadline_exceeded");
        CallAuthorized call = fixture.executor.taken().getFirst().call();

        var other = caller(gateways.getLast(), "ana", "mcp:read").tool("db_query", SELECT);
        assertThat(other.code()).isEqualTo("budget_in_use");

        fixture.executor.reply(call, rows(40, call));
        fixture.executor.reply(call, rows(40, call));
        Awaitility.await()
                .untilAsserted(() ->
                        assertThat(
                                        left(gateways.getFirst(), "ana")
                                                .at("/budgets/0/rows/left")
                                                .asLong())
                                .isEqualTo(60));
        fixture.executor.answers((next, _) -> rows(1_000, next));
        assertThat(
                        caller(gateways.getLast(), "ana", "mcp:read")
                                .tool("db_query", SELECT)
                                .data()
                                .path("rows")
                                .size())
                .isEqualTo(60);
    }

    @Test
    void whatAGatewayThatDiedHadInHandComesBackAndNothingMore() throws Exception {
        String login = "dying_" + System.nanoTime();
        Gateway dying = gateway(new GatewayId("dying-" + fixture.acme), database.settingsOf(login));
        budget(100L, null, Set.of("db_query"));
        var ana = caller(dying, "ana", "mcp:read");
        Awaitility.await().until(() -> left(dying, "ana").path("budgets").size() == 1);
        for (int i = 0; i < 10; i++) {
            assertThat(ana.tool("db_query", SELECT).code()).isEmpty();
        }
        try (PostgresLeaseStore store = database.open("looking")) {
            Awaitility.await().until(() -> budgets(store).used().calls() == 10);
            database.cutOff(login);
            dying.close();
            Counted then = budgets(store);
            assertThat(then.leased().calls() + then.expired().calls()).isPositive();
        }

        var two = caller(gateways.getLast(), "ana", "mcp:read");
        var served = new AtomicInteger(10);
        // one call at the most is in doubt: the log's end may have been noted before the last one
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> served.addAndGet(callUntilExhausted(two)) >= 99);

        assertThat(served.get()).isLessThanOrEqualTo(100);
        assertThat(fixture.executor.taken()).hasSize(served.get());
    }

    private Counted budgets(PostgresLeaseStore store) throws StoreAwayException {
        return store.standing(fixture.acme).stream()
                .filter(one -> one.key().allowance().equals("budget/b"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theResourceTellsTheCallersOwnLimitsOnly() {
        budget(10L, 1_000L, Set.of("db_query"));
        var ana = left(gateways.getFirst(), "ana");
        var bob = left(gateways.getFirst(), "bob");

        assertThat(ana.at("/callsThisMinute/limit").asLong()).isEqualTo(1_000_000);
        assertThat(ana.at("/budgets/0/calls/limit").asLong()).isEqualTo(10);
        assertThat(ana.at("/budgets/0/rows/left").asLong()).isEqualTo(1_000);
        assertThat(ana.at("/budgets/0/tools/0").asString()).isEqualTo("db_query");
        assertThat(ana.at("/budgets/0").has("bytes")).isFalse();
        assertThat(bob.path("budgets").size()).isZero();
        var missing =
                caller(gateways.getFirst(), "ana", "mcp:read")
                        .call(
                                "resources/read",
                                JsonMapper.shared()
                                        .createObjectNode()
                                        .put("uri", "sallyport://other"),
                                "sallyport://other");
        assertThat(missing.code()).isEqualTo("name_unknown");
    }
}
