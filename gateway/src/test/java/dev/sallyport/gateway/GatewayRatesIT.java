package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.schema.event.CallRefused;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.registry.TenantLimits.Rates;
import dev.sallyport.schema.registry.Window;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class GatewayRatesIT {

    private static final Map<String, Object> SELECT = Map.of("database", "shop", "sql", "select 1");

    /** A minute that ends soon, and only when a test says so. */
    private static Instant lateInAMinute;

    private static volatile Instant now;

    private static GatewayFixture fixture;
    private static Gateway gateway;
    private static int clients;
    private String client = "";

    @BeforeAll
    static void start() {
        lateInAMinute = Window.MINUTE.endOf(Instant.now().plusSeconds(60)).minusMillis(700);
        now = lateInAMinute;
        fixture = GatewayFixture.start();
        var id = new GatewayId("rates-" + fixture.acme);
        fixture.register(id);
        Awaitility.await()
                .until(() -> fixture.feed.get().gatewayKey(id, KeyPurpose.COMMANDS).isPresent());
        GatewayConfig config =
                fixture.configOf(
                        id, List.of("127.0.0.1", "10.1.0.0/16"), GatewayConfig.LimitStore.NONE);
        InstantSource clock = () -> now;
        gateway = Gateway.start(config, fixture.secrets, clock);
    }

    @AfterAll
    static void stop() {
        gateway.close();
        fixture.close();
    }

    /** Each test has a client of its own, whose calls nobody else's count with. */
    @BeforeEach
    void newClient() {
        client = "client-" + ++clients;
    }

    private McpClient caller(String subject, String... scopes) {
        return callerOf(gateway, subject, scopes);
    }

    private McpClient callerOf(Gateway of, String subject, String... scopes) {
        String token =
                fixture.oauth.token(
                        fixture.acme.value(),
                        subject,
                        client,
                        Set.of(scopes),
                        GatewayFixture.AUDIENCE,
                        Map.of(),
                        Duration.ofMinutes(5));
        return new McpClient(of.port(), token);
    }

    private void limit(
            @Nullable Integer calls, @Nullable Integer destroying, Map<String, Rates> tools) {
        fixture.limit(fixture.acme, new TenantLimits(calls, destroying, tools, List.of()));
        awaitLimit(calls == null ? TenantLimits.CALLS_PER_MINUTE : calls);
    }

    /** The gateway follows the registry by itself; its headers tell when it has. */
    private void awaitLimit(int calls) {
        var probe = caller("probe", "mcp:read");
        Awaitility.await()
                .until(() ->
                        header(
                                        probe.call(
                                                "tools/list",
                                                JsonMapper.shared().createObjectNode(),
                                                null),
                                        "X-RateLimit-Limit")
                                .equals(String.valueOf(calls)));
    }

    private static String header(McpClient.Response response, String name) {
        return response.http().headers().firstValue(name).orElse("");
    }

    @Test
    void theCallAfterTheLastOneIsToldWhenToComeAgainAndSucceedsThen() {
        limit(5, null, Map.of());
        var ana = caller("ana", "mcp:read");
        for (int remaining = 4; remaining >= 0; remaining--) {
            var answer = ana.tool("db_query", SELECT);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(header(answer, "X-RateLimit-Limit")).isEqualTo("5");
            assertThat(header(answer, "X-RateLimit-Remaining"))
                    .isEqualTo(String.valueOf(remaining));
            assertThat(header(answer, "X-RateLimit-Reset")).isEqualTo("1");
        }

        var refused = ana.tool("db_query", SELECT);

        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.code()).isEqualTo("rate_limited");
        assertThat(refused.isError()).isTrue();
        assertThat(refused.text()).contains("5 calls a minute").contains("nothing ran");
        assertThat(header(refused, "Retry-After")).isEqualTo("1");
        assertThat(header(refused, "X-RateLimit-Remaining")).isEqualTo("0");
        assertThat(refused.callId()).isNotEmpty();
        // what is no call is answered, and tells how it stands
        var list = ana.call("tools/list", JsonMapper.shared().createObjectNode(), null);
        assertThat(list.status()).isEqualTo(200);
        assertThat(header(list, "X-RateLimit-Remaining")).isEqualTo("0");
        now = now.plusSeconds(1);
        Awaitility.await().until(() -> ana.tool("db_query", SELECT).status() == 200);
        now = now.plusSeconds(59);
    }

    @Test
    void everyNameOfAToolIsCounted() {
        limit(6, null, Map.of());
        var ana = caller("ana", "mcp:read");
        for (String name :
                List.of("db_query", "DB_QUERY", "db-query", "no_such_tool", "db_execute", "x")) {
            assertThat(ana.tool(name, SELECT).status()).as(name).isNotEqualTo(429);
        }

        assertThat(ana.tool("db_query", SELECT).code()).isEqualTo("rate_limited");
        assertThat(ana.tool("another_name", SELECT).code()).isEqualTo("rate_limited");
    }

    @Test
    void aToolWithRatesOfItsOwnIsCountedByItself() {
        limit(3, null, Map.of("db_query", new Rates(5, null)));
        var ana = caller("ana", "mcp:read");
        for (int i = 0; i < 5; i++) {
            assertThat(ana.tool("db_query", SELECT).status()).isEqualTo(200);
        }

        assertThat(ana.tool("db_query", SELECT).status()).isEqualTo(429);
        assertThat(ana.tool("show_databases", Map.of()).status()).isEqualTo(200);
    }

    @Test
    void callsThatDestroyAreCountedBesides() {
        limit(1_000, 2, Map.of());
        var ana = caller("ana", "mcp:read", "mcp:write", "mcp:delete", "mcp:sql");
        for (String sql : List.of("delete from orders where id = 1", "drop table orders")) {
            assertThat(execute(ana, sql).status()).isEqualTo(200);
        }

        assertThat(execute(ana, "delete from orders where id = 2").code())
                .isEqualTo("rate_limited");
        // in a common table expression, and what cannot be read for certain
        assertThat(
                        execute(
                                        ana,
                                        "with d as (delete from orders returning id) insert into kept select id from d")
                                .code())
                .isEqualTo("rate_limited");
        assertThat(execute(ana, "update orders set a = 1").status()).isEqualTo(200);
        assertThat(ana.tool("db_query", SELECT).status()).isEqualTo(200);
    }

    private static McpClient.Response execute(McpClient client, String sql) {
        return client.tool("db_execute", Map.of("database", "shop", "sql", sql));
    }

    /** The gateway believes 127.0.0.1, which is where these requests come from. */
    @Test
    void theAddressIsTheOneThatTheLastProxySaw() {
        limit(2, null, Map.of());
        var ana = caller("ana", "mcp:read");
        for (String forged : List.of("1.1.1.1, ", "10.1.2.3, ", "")) {
            var _ = ana.tool("db_query", SELECT, "X-Forwarded-For", forged + "203.0.113.7");
        }

        assertThat(ana.tool("db_query", SELECT, "X-Forwarded-For", "9.9.9.9, 203.0.113.7").code())
                .isEqualTo("rate_limited");
        assertThat(ana.tool("db_query", SELECT, "X-Forwarded-For", "203.0.113.7, 10.1.0.9").code())
                .isEqualTo("rate_limited");
        assertThat(ana.tool("db_query", SELECT, "X-Forwarded-For", "203.0.113.8").status())
                .isEqualTo(200);
        // one network of IPv6 is one caller
        assertThat(ana.tool("db_query", SELECT, "X-Forwarded-For", "2001:db8::1").status())
                .isEqualTo(200);
        assertThat(ana.tool("db_query", SELECT, "X-Forwarded-For", "2001:db8::2").status())
                .isEqualTo(200);
        assertThat(ana.tool("db_query", SELECT, "X-Forwarded-For", "2001:db8::3").code())
                .isEqualTo("rate_limited");
    }

    @Test
    void whoIsNoProxyCannotSayWhereItCallsFrom() {
        fixture.limit(fixture.acme, new TenantLimits(2, null, Map.of(), List.of()));
        var ana = callerOf(fixture.gateway, "ana", "mcp:read");
        Awaitility.await()
                .until(() ->
                        header(
                                        ana.call(
                                                "tools/list",
                                                JsonMapper.shared().createObjectNode(),
                                                null),
                                        "X-RateLimit-Limit")
                                .equals("2"));
        long served = 0;
        for (int i = 0; i < 20; i++) {
            served +=
                    ana.tool("db_query", SELECT, "X-Forwarded-For", "203.0.113." + i).status()
                                    == 200
                            ? 1
                            : 0;
        }

        // the real clock may begin another minute once
        assertThat(served).isBetween(2L, 4L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "127.0.0.1:80", "", "localhost", "::ffff:zz"})
    void whatIsNoAddressIsNotBelieved(String written) {
        limit(2, null, Map.of());
        var ana = caller("ana", "mcp:read");
        for (int i = 0; i < 2; i++) {
            assertThat(ana.tool("db_query", SELECT).status()).isEqualTo(200);
        }

        assertThat(ana.tool("db_query", SELECT, "X-Forwarded-For", written).code())
                .isEqualTo("rate_limited");
    }

    @Test
    void aFloodOfRefusedCallsIsToldToTheLogWithItsNumberAndInFewEvents() {
        limit(1, null, Map.of());
        var flooding = caller("flood", "mcp:read");
        for (int i = 0; i < 60; i++) {
            var _ = flooding.tool("db_query", SELECT);
        }

        Awaitility.await()
                .untilAsserted(() -> {
                    List<CallRefused> told =
                            Signals.of(fixture.kafka, CallRefused.class).stream()
                                    .map(event -> event.data())
                                    .filter(refused ->
                                            refused.principal().subject().equals("flood"))
                                    .toList();
                    assertThat(told).allMatch(refused -> refused.code().equals("rate_limited"));
                    assertThat(told.stream().collect(Collectors.summingInt(CallRefused::count)))
                            .isEqualTo(59);
                    assertThat(told).hasSizeLessThan(40);
                });
    }

    @Test
    void aBudgetWithoutAStoreIsNotIgnored() {
        fixture.limit(
                fixture.acme,
                new TenantLimits(
                        1_000,
                        null,
                        Map.of(),
                        List.of(
                                new Budget(
                                        "daily",
                                        Set.of("bob"),
                                        Set.of(),
                                        Window.DAY,
                                        null,
                                        1_000_000L,
                                        null))));
        awaitLimit(1_000);

        var refused = caller("bob", "mcp:read").tool("db_query", SELECT);

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.code()).isEqualTo("limits_unavailable");
        assertThat(caller("bob", "mcp:read").tool("show_databases", Map.of()).code())
                .isEqualTo("limits_unavailable");
        assertThat(caller("ana", "mcp:read").tool("db_query", SELECT).status()).isEqualTo(200);
    }
}
