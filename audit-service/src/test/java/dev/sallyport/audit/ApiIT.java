package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.schema.event.CallRefused;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.topic.Topics;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ApiIT {
    private static AuditFixture fixture;
    private static AuditService service;
    private static AuditDatabase database;
    private static TenantId acme;
    private static TenantId globex;
    private static CallId query;
    private static CallId refused;

    @BeforeAll
    static void start() throws Exception {
        fixture = new AuditFixture();
        service = fixture.start();
        database = fixture.open();
        acme = fixture.tenant();
        globex = fixture.tenant();
        query =
                fixture.settle(
                        acme, "alice", "db_query", "select name from customers where id = ?");
        fixture.settle(acme, "bob", "db_execute", "insert into orders values (?, ?)");
        refused = CallId.next();
        fixture.send(Topics.SIGNALS, acme, AuditFixture.event(acme, refusal(refused)));
        fixture.settle(globex, "carol", "db_query", "select secret from globex");
        fixture.awaitPublished(database.jdbi(), acme, 4);
        fixture.awaitPublished(database.jdbi(), globex, 2);
    }

    @AfterAll
    static void stop() {
        database.close();
        service.close();
        fixture.close();
    }

    /** Java's own client sends no address that is spelled wrongly. */
    @ParameterizedTest // case G7
    @ValueSource(strings = {"principal=mallory%", "principal=%zz", "principal=%c3%28", "%=1"})
    void aConditionThatIsSpelledWronglyIsRefusedAndNotLeftOut(String query) throws Exception {
        for (String path : List.of("/api/v1/entries", "/console")) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
                String token = fixture.token(acme, "audit:read");
                String request =
                        "GET %s?%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\nCookie: sallyport_console=%s\r\n\r\n"
                                .formatted(path, query, token, token);
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                String answer =
                        new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(answer).startsWith("HTTP/1.1 400 ").doesNotContain("select name");
            }
        }
    }

    private static CallRefused refusal(CallId call) {
        Instant now = InstantSource.system().instant();
        return new CallRefused(
                call,
                new Principal("alice", "agent-client", null, null),
                "db_execute",
                new DatabaseName("warehouse"),
                StatementClass.DELETE,
                "delete from stock",
                "insufficient_scope",
                List.of("mcp:delete"),
                1,
                now,
                now);
    }

    @ParameterizedTest
    @CsvSource({
        "text=CUSTOMERS%20select, 1",
        "text=custom, 2",
        "text=insufficient, 1",
        "text=nowhere, 0",
        "principal=alice, 2",
        "principal=ali, 0",
        "principal=al*, 0",
        "principal=al_ce, 0",
        "principal=%25, 0",
        "principal=ali%25, 0",
        "principal=ALICE, 0",
        "tool=db%25, 0",
        "tool=db_quer_, 0",
        "database=ware*, 0",
        "database=%25, 0",
        "text=cust*, 2",
        "principal=alice&tool=db_query, 1",
        "tool=db_execute, 2",
        "database=warehouse, 1",
        "outcome=refused, 1",
        "outcome=succeeded, 2",
        "kind=CallRefused, 1",
        "kind=RegistryChanged, 1",
        "from=2020-01-01&to=2021-01-01, 0",
        "kind=CallSettled&from=2020-01-01&to=2999-01-01T00:00, 2",
        "kind=CallSettled&limit=1, 1",
        "reads=hidden&text=olga, 0",
    })
    void everyFilterFindsItsEntriesAndNoOthers(String filter, int entries) {
        var found = get("/api/v1/entries?" + filter, acme);

        assertThat(found.statusCode()).as(found.body()).isEqualTo(200);
        // readings of this test name what they asked for, and so are found by it
        assertThat(
                        entries(found)
                                .filter(entry ->
                                        !Set.of("AuditRead", "AuthenticationFailed")
                                                .contains(entry.get("kind").stringValue())))
                .hasSize(entries);
        assertThat(found.body()).doesNotContain("carol", globex.value());
    }

    @Test
    void pagesFollowOneAnotherWithoutGapsOrRepetitions() {
        var seen = new ArrayList<Long>();
        String path = "/api/v1/entries?kind=CallSettled&limit=1";
        Optional<String> next = Optional.of("");
        while (next.isPresent()) {
            var page =
                    get(
                            path
                                    + next.filter(cursor -> !cursor.isEmpty())
                                            .map(cursor -> "&cursor=" + cursor)
                                            .orElse(""),
                            acme);
            entries(page).forEach(entry -> seen.add(entry.get("index").longValue()));
            next =
                    Optional.ofNullable(Json.mapper().readTree(page.body()).get("next"))
                            .map(JsonNode::stringValue);
        }

        assertThat(seen).hasSize(2).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @CsvSource({
        "from=yesterday, parameter_invalid, from",
        "to=2026-13-01, parameter_invalid, to",
        "from=%2B999999999-01-01, parameter_invalid, from",
        "from=2026-02-01&to=2026-01-01, parameter_invalid, from",
        "limit=0, parameter_invalid, limit",
        "limit=201, parameter_invalid, limit",
        "limit=9999999999, parameter_invalid, limit",
        "limit=1&limit=2, parameter_invalid, limit",
        "cursor=x, cursor_invalid, cursor",
        "cursor=AAAA, cursor_invalid, cursor",
        "cursor=%F0%9F%98%80, cursor_invalid, cursor",
        "cursor=f_______________________, parameter_invalid|cursor_invalid, cursor",
        "outcome=dreamt, parameter_invalid, outcome",
        "kind=Dream, parameter_invalid, kind",
        "text=%27%27, parameter_invalid, text",
        "principal=%00, parameter_invalid, principal",
        "reads=no, parameter_invalid, reads",
        "tenant=globex, parameter_unknown, tenant",
        // case G7: each of these would else be no condition at all
        "principal=, parameter_invalid, principal",
        "principal, parameter_invalid, principal",
        "principal=%20, parameter_invalid, principal",
        "tool=%0A, parameter_invalid, tool",
        "database=, parameter_invalid, database",
        "text=, parameter_invalid, text",
        "text=%25, parameter_invalid, text",
        "from=, parameter_invalid, from",
        "kind=&kind=, parameter_invalid, kind",
        "principal=alice&principal=bob, parameter_invalid, principal",
        "principal=alice&principal=alice, parameter_invalid, principal",
        "outcome=Refused, parameter_invalid, outcome",
        "outcome=re*, parameter_invalid, outcome",
        "kind=Call%25, parameter_invalid, kind",
        "Principal=alice, parameter_unknown, Principal",
        "principal[]=alice, parameter_unknown, principal[]",
        "subject=alice, parameter_unknown, subject",
        "principal%20=alice, parameter_unknown, principal",
        "=alice, parameter_unknown, parameter",
    })
    void aWrongParameterIsNamed(String query, String code, String name) {
        var answer = get("/api/v1/entries?" + query, acme);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        var problem = Json.mapper().readTree(answer.body());
        assertThat(List.of(code.split("\\|", -1))).contains(problem.get("code").stringValue());
        assertThat(problem.get("message").stringValue()).contains(name);
    }

    @Test
    void everythingOfATenantNeedsATokenOfThatTenantWithTheScope() {
        String bundle = "/log/" + acme + "/tile/entries/000.p/1";
        for (String path : List.of("/api/v1/entries", "/api/v1/calls/" + query, bundle)) {
            var none = fixture.get(service, path, Optional.empty());
            assertThat(none.statusCode()).as(path).isEqualTo(401);
            assertThat(none.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
            assertThat(none.body()).contains("token_missing");

            var nonsense = fixture.get(service, path, Optional.of("nonsense"));
            assertThat(nonsense.statusCode()).as(path).isEqualTo(401);
            assertThat(nonsense.body()).contains("token_malformed");

            var unscoped =
                    fixture.get(
                            service,
                            path,
                            Optional.of(fixture.token(acme, "mcp:read", "mcp:write")));
            assertThat(unscoped.statusCode()).as(path).isEqualTo(403);
            assertThat(unscoped.headers().firstValue("WWW-Authenticate").orElse(""))
                    .contains("insufficient_scope", "audit:read");

            assertThat(
                            fixture.get(
                                            service,
                                            path,
                                            Optional.of(fixture.token(acme, "mcp:admin")))
                                    .statusCode())
                    .as(path)
                    .isEqualTo(200);
        }
    }

    @Test
    void anotherTenantsTokenGetsTheAnswerOfALogThatIsNotThere() {
        var foreign = get("/log/" + acme + "/tile/entries/000.p/1", globex);
        var missing = get("/log/nobody/tile/entries/000.p/1", globex);
        var call = get("/api/v1/calls/" + query, globex);
        var noCall = get("/api/v1/calls/" + CallId.next(), globex);

        assertThat(foreign.statusCode()).isEqualTo(403);
        assertThat(foreign.body()).isEqualTo(missing.body()).contains("log_forbidden");
        assertThat(call.statusCode()).isEqualTo(404);
        assertThat(noCall.statusCode()).isEqualTo(404);
        assertThat(call.body()).contains("call_not_found");
        assertThat(get("/api/v1/entries?text=alice", globex).body()).contains("\"entries\":[]");
    }

    @Test
    void checkpointsTilesAndKeysArePublic() {
        for (String path :
                List.of("/log/vkey", "/log/" + acme + "/vkey", "/log/" + acme + "/checkpoint")) {
            var answer = fixture.get(service, path, Optional.empty());
            assertThat(answer.statusCode()).as(path).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type"))
                    .hasValue("text/plain;charset=utf-8");
        }
        assertThat(
                        fixture.get(service, "/log/" + acme + "/tile/0/000.p/2", Optional.empty())
                                .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "/log/nobody/checkpoint, log_not_found",
        "/log/NOBODY/checkpoint, log_not_found",
        "/log/ACME/tile/0/000.p/255, tile_not_found",
        "/log/ACME/tile/0/000, tile_not_found",
        "/log/ACME/tile/0/x999/999, tile_not_found",
        "/log/ACME/tile/63/000.p/1, tile_not_found",
        "/log/ACME/tile/9/x999/x999/x999/x999/999, tile_not_found",
        "/log/ACME/tile/0/nonsense, tile_not_found",
        "/log/ACME/tile/0/000.p/0, tile_not_found",
        "/nowhere, path_not_found",
    })
    void whatIsNotThereIsNotFound(String path, String code) {
        var answer = fixture.get(service, path.replace("ACME", acme.value()), Optional.empty());

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(404);
        assertThat(Json.mapper().readTree(answer.body()).get("code").stringValue()).isEqualTo(code);
    }

    @Test // case G7
    void aParameterWhereThereAreNoneIsRefused() {
        for (String path : List.of("/api/v1/entries/0", "/api/v1/calls/" + query)) {
            var answer = get(path + "?principal=bob", acme);

            assertThat(answer.statusCode()).as(path).isEqualTo(400);
            assertThat(answer.body()).contains("parameter_unknown");
        }
    }

    @Test
    void aCallThatIsNoIdIsRefusedAndOtherMethodsAreNotAllowed() {
        assertThat(get("/api/v1/calls/17", acme).body()).contains("parameter_invalid", "callId");
        var posted = fixture.post(service, "/api/v1/entries", "");
        assertThat(posted.statusCode()).isEqualTo(405);
    }

    @Test
    void everyReadingIsAnEntryOfTheSameLog() {
        get("/api/v1/entries?text=wherearetheentriesofyesterday", acme);
        get("/api/v1/calls/" + refused, acme);

        await().atMost(AuditFixture.WITHIN)
                .untilAsserted(() ->
                        assertThat(
                                        entries(
                                                        get(
                                                                "/api/v1/entries?kind=AuditRead&principal=olga&limit=200",
                                                                acme))
                                                .map(entry -> entry.get("detail").stringValue()))
                                .anyMatch(detail ->
                                        detail.contains(
                                                "search: text=wherearetheentriesofyesterday"))
                                .anyMatch(detail -> detail.equals("call: " + refused)));
    }

    @Test
    void whoIsTurnedAwayIsAnEntryOfTheSameLog() {
        fixture.get(service, "/api/v1/entries", Optional.of(fixture.token(acme, "mcp:read")));

        await().atMost(AuditFixture.WITHIN)
                .untilAsserted(() ->
                        assertThat(
                                        entries(
                                                get(
                                                        "/api/v1/entries?kind=AuthenticationFailed&principal=olga",
                                                        acme)))
                                .isNotEmpty()
                                .allSatisfy(entry -> {
                                    assertThat(entry.get("code").stringValue())
                                            .isEqualTo("insufficient_scope");
                                    assertThat(entry.get("detail").stringValue())
                                            .isEqualTo("from 127.0.0.1");
                                }));
    }

    @Test
    void healthIsOpenAndNamesNoTenant() {
        var health = fixture.get(service, "/healthz", Optional.empty());

        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.body()).contains("\"status\":\"ok\"").doesNotContain(acme.value());
    }

    private static HttpResponse<String> get(String path, TenantId tenant) {
        return fixture.get(service, path, Optional.of(fixture.token(tenant, "audit:read")));
    }

    private static Stream<JsonNode> entries(HttpResponse<String> answer) {
        return StreamSupport.stream(
                Json.mapper().readTree(answer.body()).get("entries").spliterator(), false);
    }
}
