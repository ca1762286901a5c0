package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.ApprovalFixture.Wanted;
import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.ApprovalDenied;
import dev.sallyport.schema.event.ApprovalGranted;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.seal.Sealed;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.SigningKey;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** People decide on calls that wait, and others do not. */
class ApprovalsIT {
    private static final String DECIDE = "audit:approve";

    private static AuditFixture fixture;
    private static AuditService service;
    private static AuditDatabase database;
    private static ApprovalFixture approvals;

    @BeforeAll
    static void start() throws Exception {
        fixture = new AuditFixture();
        service = fixture.start();
        database = fixture.open();
        approvals = new ApprovalFixture(fixture, service);
    }

    @AfterAll
    static void stop() {
        approvals.close();
        database.close();
        service.close();
        fixture.close();
    }

    @Test
    void whoMayDecideSeesTheStatementAndItsEffectAndAllowsItUnderTheServicesSignature() {
        var id = approvals.ask(Wanted.usual());
        String ben = approvals.token("ben", DECIDE);

        JsonNode told = approvals.get(id, ben);
        assertThat(told.at("/approval/state").asString()).isEqualTo("open");
        assertThat(told.at("/approval/awaitsYou").asBoolean()).isTrue();
        assertThat(told.at("/approval/proved").asBoolean()).isTrue();
        assertThat(told.at("/shown/sql").asString()).isEqualTo(ApprovalFixture.SQL);
        assertThat(told.at("/shown/effect/tables/1/deleted").asInt()).isEqualTo(20);

        assertThat(approvals.decide(id, ben, "approve")).isEqualTo("granted");

        var event = awaitDecision(id);
        var granted = (ApprovalGranted) event.data();
        assertThat(granted.approver().subject()).isEqualTo("ben");
        assertThat(granted.by()).isEqualTo(ApprovalBy.ANOTHER);
        assertThat(granted.effectDigest()).isEqualTo(ApprovalFixture.DIGEST);
        assertThat(granted.note()).isEqualTo("fine");
        assertThat(event.signedBy()).isEqualTo(fixture.approvalSigner());
        var call = approvals.use(id);
        JsonNode used = approvals.get(id, ben);
        assertThat(used.at("/approval/state").asString()).isEqualTo("used");
        assertThat(used.at("/approval/uses/0/call").asString()).isEqualTo(call.toString());
        assertThat(used.at("/approval/decisions/0/words").asString()).isEqualTo("fine");
        assertThat(used.at("/youCannotApprove/code").asString()).isEqualTo("approval_used");
    }

    /** Waits until the log has a decision, which must bear the signature of the service. */
    private static Event<?> awaitDecision(EventId id) {
        String sql =
                "SELECT e.bytes FROM audit.entry e JOIN desk.approval a ON a.tenant = e.tenant AND a.seq = e.seq WHERE a.approval = '"
                        + id
                        + "' AND a.step IN ('granted', 'denied')";
        var found = new ArrayList<byte[]>();
        await().atMost(AuditFixture.WITHIN)
                .until(() -> {
                    found.addAll(
                            database.jdbi()
                                    .withHandle(handle ->
                                            handle.createQuery(sql).mapTo(byte[].class).list()));
                    return !found.isEmpty();
                });
        assertThat(EventSignature.verify(found.getFirst(), fixture.approvalKey().verifyingKey()))
                .isTrue();
        return EventCodec.decode(found.getFirst());
    }

    @Test
    void whoDeniesSaysWhyAndNobodyCanAllowItAnyMore() {
        var id = approvals.ask(Wanted.usual().needed(2));

        assertThat(approvals.decide(id, approvals.token("ben", DECIDE), "approve"))
                .isEqualTo("open");
        assertThat(approvals.decide(id, approvals.token("cid", DECIDE), "deny"))
                .isEqualTo("denied");
        var denied = approvals.get(id, approvals.token("cid", DECIDE)).at("/approval/decisions/1");
        assertThat(denied.path("granted").asBoolean(true)).isFalse();
        assertThat(denied.path("words").asString()).isEqualTo("not on a Friday");
        assertThat(approvals.decide(id, approvals.token("cid", DECIDE), "approve"))
                .isEqualTo("409 approval_denied");
    }

    @Test
    void asManyPeopleAsAreNeededHaveToAllowItAndNobodyTwice() {
        var id = approvals.ask(Wanted.usual().approvers("ben", "cid", "dan").needed(2));
        String ben = approvals.token("ben", DECIDE);

        assertThat(approvals.decide(id, ben, "approve")).isEqualTo("open");
        assertThat(approvals.decide(id, ben, "approve")).isEqualTo("409 approval_decided");
        assertThat(approvals.decide(id, ben, "deny")).isEqualTo("409 approval_decided");
        assertThat(approvals.decide(id, approvals.token("cid", DECIDE), "approve"))
                .isEqualTo("granted");
        assertThat(approvals.decide(id, approvals.token("dan", DECIDE), "approve"))
                .isEqualTo("409 approval_granted");
        assertThat(approvals.decide(id, approvals.token("dan", DECIDE), "deny"))
                .as("as long as it has not run it can be stopped")
                .isEqualTo("denied");
    }

    @Test
    void thoseWhoMayNotDecideAreRefusedAndWhoTriesIsInTheLog() {
        var id = approvals.ask(Wanted.usual().approvers("alice", "ben"));

        assertThat(approvals.decide(id, approvals.token("alice", DECIDE), "approve"))
                .as("who asked, though the rule names her")
                .isEqualTo("403 approval_own");
        assertThat(approvals.decide(id, approvals.token("eve", DECIDE, "audit:read"), "approve"))
                .isEqualTo("403 not_an_approver");
        assertThat(approvals.decide(id, approvals.token("eve", DECIDE, "audit:read"), "deny"))
                .isEqualTo("403 not_an_approver");
        assertThat(approvals.decide(id, approvals.token("eve", DECIDE), "approve"))
                .as("who may not see it is told nothing of it")
                .isEqualTo("404 approval_unknown");
        for (String scope : List.of("audit:read", "mcp:admin")) {
            assertThat(approvals.decide(id, approvals.token("ben", scope), "approve"))
                    .isEqualTo("403 insufficient_scope");
        }
        assertThat(approvals.decide(id, approvals.token("ben", "mcp:delete"), "approve"))
                .isEqualTo("403 insufficient_scope");
        assertThat(approvals.get(id, approvals.token("ben", DECIDE)).at("/approval/state"))
                .isEqualTo(Json.mapper().valueToTree("open"));
        for (String code : List.of("approval_own", "not_an_approver")) {
            await().atMost(AuditFixture.WITHIN)
                    .until(() ->
                            fixture.get(
                                            service,
                                            "/api/v1/entries?kind=AuthenticationFailed&text="
                                                    + code,
                                            Optional.of(
                                                    fixture.token(
                                                            approvals.tenant(), "audit:read")))
                                    .body()
                                    .contains("\"code\":\"" + code + "\""));
        }
    }

    @Test
    void whoIsSuspendedDecidesNothingAndWhatTheyAskedForIsNotAllowed() {
        var other = new ApprovalFixture(fixture, service);
        var id = other.ask(Wanted.usual());
        String ben = other.token("ben", DECIDE);
        String cid = other.token("cid", DECIDE);
        other.suspend("ben");
        await().atMost(AuditFixture.WITHIN)
                .until(() -> other.decide(id, ben, "approve").equals("403 principal_suspended"));
        other.suspend("alice");
        await().atMost(AuditFixture.WITHIN)
                .until(() ->
                        other.get(id, cid)
                                .at("/youCannotApprove/code")
                                .asString("")
                                .equals("requester_suspended"));

        assertThat(other.decide(id, cid, "approve")).isEqualTo("409 requester_suspended");
        assertThat(other.decide(id, cid, "deny")).isEqualTo("denied");
        other.close();
    }

    @Test
    void afterItsTimeNobodyDecides() {
        var id =
                approvals.ask(
                        Wanted.usual()
                                .expires(
                                        InstantSource.system().instant().plus(Duration.ofDays(2))));
        String ben = approvals.token("ben", DECIDE);
        assertThat(approvals.get(id, ben).at("/approval/state").asString()).isEqualTo("open");

        var past = approvals.ask(Wanted.usual().expires(InstantSource.system().instant()));

        assertThat(approvals.decide(past, ben, "approve")).isEqualTo("409 approval_expired");
        assertThat(approvals.decide(past, ben, "deny")).isEqualTo("409 approval_expired");
        assertThat(approvals.get(past, ben).at("/approval/state").asString()).isEqualTo("expired");
    }

    @Test
    void anotherTenantsApprovalIsAnsweredAsOneThatIsNotThere() {
        var id = approvals.ask(Wanted.usual());
        var other = new ApprovalFixture(fixture, service);
        String stranger = other.token("ben", DECIDE, "audit:read");

        for (EventId unknown : List.of(id, EventId.next())) {
            assertThat(other.decide(unknown, stranger, "approve"))
                    .isEqualTo("404 approval_unknown");
            assertThat(other.decide(unknown, stranger, "deny")).isEqualTo("404 approval_unknown");
            assertThat(
                            fixture.get(
                                            service,
                                            "/api/v1/approvals/" + unknown,
                                            Optional.of(stranger))
                                    .statusCode())
                    .isEqualTo(404);
        }
        other.close();
    }

    @Test
    void whatTheCallerConfirmsNobodyElseDecides() {
        var id = approvals.ask(Wanted.usual().byCaller());

        assertThat(approvals.decide(id, approvals.token("ben", DECIDE, "audit:read"), "approve"))
                .isEqualTo("409 approval_by_caller");
        assertThat(approvals.decide(id, approvals.token("alice", DECIDE), "approve"))
                .isEqualTo("403 approval_own");

        approvals.tell(
                new ApprovalGranted(
                        id.toString(),
                        ApprovalFixture.principal("alice"),
                        ApprovalBy.CONFIRM,
                        ApprovalFixture.DIGEST,
                        null),
                approvals.gateway(),
                approvals.gatewayKey());
        assertThat(
                        approvals
                                .get(id, approvals.token("alice", "audit:read"))
                                .at("/approval/state")
                                .asString())
                .isEqualTo("granted");
    }

    @Test
    void theStatementAndItsRowsAreForThoseWhoDecideAndWhoAsked() {
        var id = approvals.ask(Wanted.usual());

        for (String token :
                List.of(
                        approvals.token("olga", "audit:read", DECIDE),
                        approvals.token("olga", "mcp:admin"),
                        approvals.token("ben", "audit:read"))) {
            JsonNode told = approvals.get(id, token);
            assertThat(told.has("shown")).isFalse();
            assertThat(told.path("shownTo").asString()).contains("audit:approve");
            assertThat(told.toString()).doesNotContain("customer_id", "Ana");
        }
        assertThat(approvals.get(id, approvals.token("alice", "audit:read")).has("shown")).isTrue();
        await().atMost(AuditFixture.WITHIN)
                .until(() ->
                        fixture.get(
                                        service,
                                        "/api/v1/entries?kind=AuditRead&principal=alice&text=" + id,
                                        Optional.of(
                                                fixture.token(approvals.tenant(), "audit:read")))
                                .body()
                                .contains("approval with statement"));
    }

    @Test
    void whoMayDecideAloneSeesTheirOwnAndNothingElseOfTheLog() {
        var other = new ApprovalFixture(fixture, service);
        var bens = other.ask(Wanted.usual().approvers("ben"));
        var cids = other.ask(Wanted.usual().approvers("cid"));
        String ben = other.token("ben", DECIDE);

        String list = fixture.get(service, "/api/v1/approvals", Optional.of(ben)).body();
        assertThat(list).contains(bens.toString()).doesNotContain(cids.toString());
        assertThat(fixture.get(service, "/api/v1/approvals/" + cids, Optional.of(ben)).statusCode())
                .isEqualTo(404);
        assertThat(fixture.get(service, "/api/v1/entries", Optional.of(ben)).statusCode())
                .isEqualTo(403);
        assertThat(
                        fixture.get(
                                        service,
                                        "/api/v1/approvals",
                                        Optional.of(other.token("olga", "audit:read")))
                                .body())
                .contains(bens.toString(), cids.toString());
        other.close();
    }

    @Test
    void theListIsReadPageByPageThoseThatCanBeDecidedFirst() {
        var other = new ApprovalFixture(fixture, service);
        var ids = new ArrayList<String>();
        for (int i = 0; i < 5; i++) {
            ids.add(other.ask(Wanted.usual()).toString());
        }
        other.decide(EventId.of(ids.get(4)), other.token("ben", DECIDE), "deny");
        awaitDecision(EventId.of(ids.get(4)));
        String reader = other.token("olga", "audit:read");

        var seen = new ArrayList<String>();
        String next = "";
        do {
            JsonNode page =
                    Json.mapper()
                            .readTree(
                                    fixture.get(
                                                    service,
                                                    "/api/v1/approvals?limit=2" + next,
                                                    Optional.of(reader))
                                            .body());
            page.path("approvals").forEach(one -> seen.add(one.path("approval").asString()));
            next = page.has("next") ? "&cursor=" + page.path("next").asString() : "";
        } while (!next.isEmpty());

        assertThat(seen)
                .containsExactly(ids.get(3), ids.get(2), ids.get(1), ids.get(0), ids.get(4));
        other.close();
    }

    @Test
    void whatNoKnownGatewaySignedIsShownAsThatAndNotAllowed() {
        var id = approvals.ask(Wanted.usual(), SigningKey.generate(), null);
        String ben = approvals.token("ben", DECIDE);

        assertThat(approvals.get(id, ben).at("/approval/proved").asBoolean(true)).isFalse();
        assertThat(approvals.decide(id, ben, "approve")).isEqualTo("409 approval_unproved");
        assertThat(approvals.decide(id, ben, "deny")).isEqualTo("denied");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sealed with another key", "another digest", "no effect", "no JSON"})
    void whatCannotBeSeenIsNotAllowed(String what) {
        var wanted = Wanted.usual();
        var id =
                switch (what) {
                    case "sealed with another key" ->
                            approvals.ask(
                                    wanted,
                                    approvals.gatewayKey(),
                                    new Sealed("v1.dk-unknown." + "A".repeat(60)));
                    case "another digest" ->
                            approvals.ask(wanted.effect("another", wanted.effect()));
                    case "no effect" ->
                            approvals.ask(
                                    wanted.effect(
                                            ApprovalFixture.DIGEST,
                                            "{\"cannotBeRehearsed\":\"a sequence\"}"));
                    default -> approvals.ask(wanted.effect(ApprovalFixture.DIGEST, "[1]"));
                };
        String ben = approvals.token("ben", DECIDE);

        assertThat(approvals.get(id, ben).has("shown")).isFalse();
        assertThat(approvals.decide(id, ben, "approve")).isEqualTo("409 approval_unreadable");
    }

    @Test
    void aTextThatCouldNotBeRehearsedIsAllowedAsATextAlone() {
        var id =
                approvals.ask(
                        Wanted.usual()
                                .effect(null, "{\"cannotBeRehearsed\":\"it draws a sequence\"}"));
        String ben = approvals.token("ben", DECIDE);

        assertThat(approvals.decide(id, ben, "approve")).isEqualTo("granted");
        assertThat(((ApprovalGranted) awaitDecision(id).data()).effectDigest()).isNull();
    }

    @Test
    void decisionsThatGatewaysIgnoreDoNotCountHere() {
        var id = approvals.ask(Wanted.usual());
        String ben = approvals.token("ben", DECIDE);
        var bens = ApprovalFixture.principal("ben");
        var granted = new ApprovalGranted(id.toString(), bens, ApprovalFixture.DIGEST, "forged");

        approvals.tell(granted, approvals.gateway(), approvals.gatewayKey());
        approvals.tell(granted, fixture.approvalSigner(), SigningKey.generate());
        approvals.tell(
                new ApprovalGranted(
                        id.toString(),
                        ApprovalFixture.principal("eve"),
                        ApprovalFixture.DIGEST,
                        null),
                fixture.approvalSigner(),
                fixture.approvalKey());
        approvals.tell(
                new ApprovalGranted(
                        id.toString(),
                        ApprovalFixture.principal("alice"),
                        ApprovalFixture.DIGEST,
                        null),
                fixture.approvalSigner(),
                fixture.approvalKey());
        approvals.tell(
                new ApprovalGranted(id.toString(), bens, "another effect", null),
                fixture.approvalSigner(),
                fixture.approvalKey());
        approvals.tell(
                new ApprovalDenied(id.toString(), ApprovalFixture.principal("cid"), "forged"),
                approvals.gateway(),
                approvals.gatewayKey());

        JsonNode told = approvals.get(id, ben);
        assertThat(told.at("/approval/state").asString()).isEqualTo("open");
        assertThat(told.at("/approval/granted").asInt()).isZero();
        assertThat(told.at("/approval/decisions"))
                .hasSize(6)
                .allSatisfy(
                        decision -> assertThat(decision.path("ignored").asString("")).isNotEmpty());
        assertThat(approvals.decide(id, ben, "approve")).isEqualTo("granted");
    }

    @Test
    void aRefusalTakesThePlaceOfTheSamePersonsPermissionAndNeverTheOtherWay() {
        var bens = ApprovalFixture.principal("ben");
        for (boolean grantedFirst : List.of(true, false)) {
            var id = approvals.ask(Wanted.usual());
            var granted = new ApprovalGranted(id.toString(), bens, ApprovalFixture.DIGEST, null);
            var denied = new ApprovalDenied(id.toString(), bens, "after all");
            approvals.tell(
                    grantedFirst ? granted : denied,
                    fixture.approvalSigner(),
                    fixture.approvalKey());
            approvals.tell(
                    grantedFirst ? denied : granted,
                    fixture.approvalSigner(),
                    fixture.approvalKey());

            assertThat(
                            approvals
                                    .get(id, approvals.token("cid", DECIDE))
                                    .at("/approval/state")
                                    .asString())
                    .isEqualTo("denied");
        }
    }

    @Test
    void aRequestWhoseBytesWereAlteredDecidesNothing() throws SQLException {
        var id = approvals.ask(Wanted.usual());
        try (var superuser = fixture.superuser();
                var statement = superuser.createStatement()) {
            statement.execute(
                    "UPDATE audit.entry SET bytes = set_byte(bytes, 400, get_byte(bytes, 400) # 1) WHERE event_id = '"
                            + id
                            + "'");
        }

        assertThat(approvals.decide(id, approvals.token("ben", DECIDE, "audit:read"), "approve"))
                .isEqualTo("503 log_inconsistent");
        assertThat(approvals.decide(id, approvals.token("ben", DECIDE), "approve"))
                .isEqualTo("404 approval_unknown");
    }

    @Test
    void rowsOfOthersAddNothingToAnApproval() throws SQLException {
        var id = approvals.ask(Wanted.usual());
        try (var superuser = fixture.superuser();
                var statement = superuser.createStatement()) {
            statement.execute(
                    "INSERT INTO desk.approval SELECT tenant, '%s', seq, 'granted', time, NULL, NULL, '{}' FROM desk.search WHERE tenant = '%s'"
                            .formatted(id, approvals.tenant()));
            statement.execute(
                    "INSERT INTO desk.approval SELECT tenant, approval, -seq - 1, step, time, expires, requester, approvers FROM desk.approval WHERE approval = '%s'"
                            .formatted(id));
            statement.execute(
                    "DELETE FROM desk.approval WHERE approval = '%s' AND step = 'requested' AND seq >= 0"
                            .formatted(id));
        }

        JsonNode told = approvals.get(id, approvals.token("ben", DECIDE));
        assertThat(told.at("/approval/state").asString()).isEqualTo("open");
        assertThat(told.at("/approval/decisions")).isEmpty();
        try (var superuser = fixture.superuser();
                var statement = superuser.createStatement()) {
            statement.execute("DELETE FROM desk.approval WHERE approval = '%s'".formatted(id));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    approve | application/json | {"note":"a","note":"b"} | 400 body_invalid
                    approve | application/json | {"notes":"a"} | 400 body_invalid
                    approve | application/json | {"note":1} | 400 body_invalid
                    approve | application/json | [] | 400 body_invalid
                    approve | application/json | nonsense | 400 body_invalid
                    approve | text/plain | {} | 415 unsupported_media_type
                    approve | application/x-www-form-urlencoded | note=a | 415 unsupported_media_type
                    deny | application/json | {} | 400 parameter_invalid
                    deny | application/json | {"reason":"  "} | 400 parameter_invalid
                    """)
    void aBodyThatIsNotExactlyWhatIsWantedDecidesNothing(
            String verdict, String type, String body, String expected) {
        var id = approvals.ask(Wanted.usual());
        var answer =
                fixture.postAs(
                        service,
                        "/api/v1/approvals/" + id + "/" + verdict,
                        type,
                        body,
                        approvals.token("ben", DECIDE));

        assertThat(
                        answer.statusCode()
                                + " "
                                + Json.mapper().readTree(answer.body()).path("code").asString())
                .isEqualTo(expected);
        assertThat(
                        approvals
                                .get(id, approvals.token("ben", DECIDE))
                                .at("/approval/state")
                                .asString())
                .isEqualTo("open");
    }

    @Test
    void theApiTakesNoCookieAndNoTokenForAnotherAudience() {
        var id = approvals.ask(Wanted.usual());
        String path = "/api/v1/approvals/" + id + "/approve";
        var byCookie =
                fixture.post(
                        service,
                        path,
                        "",
                        "Cookie",
                        "sallyport_console=" + approvals.token("ben", DECIDE));

        assertThat(byCookie.statusCode()).isEqualTo(401);
        assertThat(
                        fixture.postJson(
                                        service,
                                        path,
                                        "{}",
                                        fixture.tokenFor(
                                                approvals.tenant(),
                                                "ben",
                                                "https://mcp.test/mcp",
                                                DECIDE))
                                .statusCode())
                .isEqualTo(401);
    }

    @Test
    void withoutAKeyThatTheRegistryKnowsNobodyDecides() throws Exception {
        try (var apart = new AuditFixture();
                var other = apart.start()) {
            var held = new ApprovalFixture(apart, other);
            var id = held.ask(Wanted.usual());
            String ben = held.token("ben", DECIDE);
            await().atMost(AuditFixture.WITHIN)
                    .until(() -> held.get(id, ben).at("/youCannotApprove").isMissingNode());
            assertThat(apart.get(other, "/healthz", Optional.empty()).body())
                    .contains("\"approvals\":\"ready\"");
            for (var entry :
                    List.of(
                            new GatewayKey(
                                    apart.approvalSigner(),
                                    SigningKey.generate().verifyingKey().text(),
                                    KeyPurpose.APPROVALS),
                            new GatewayKey(
                                    apart.approvalSigner(),
                                    apart.approvalKey().verifyingKey().text(),
                                    KeyPurpose.COMMANDS))) {
                held.register(entry);
                await().atMost(AuditFixture.WITHIN)
                        .until(() ->
                                held.get(id, ben)
                                        .at("/youCannotApprove/code")
                                        .asString("")
                                        .equals("approvals_unavailable"));
                assertThat(held.decide(id, ben, "approve")).isEqualTo("503 approvals_unavailable");
                assertThat(held.decide(id, ben, "deny")).isEqualTo("503 approvals_unavailable");
                assertThat(apart.get(other, "/healthz", Optional.empty()).body())
                        .contains("\"approvals\":\"key not registered\"");
            }
            held.close();
        }
    }

    @Test
    void anApprovalIsInTheLogOfItsTenantWithAPageAndAProofLikeAnyEntry() {
        var id = approvals.ask(Wanted.usual());
        approvals.decide(id, approvals.token("ben", DECIDE), "approve");
        awaitDecision(id);
        var reader = Optional.of(fixture.token(approvals.tenant(), "audit:read"));

        await().atMost(AuditFixture.WITHIN)
                .untilAsserted(() -> {
                    var found =
                            fixture.get(service, "/api/v1/entries?reads=hidden&text=" + id, reader);
                    JsonNode entries = Json.mapper().readTree(found.body()).path("entries");
                    assertThat(entries).hasSize(2);
                    assertThat(entries)
                            .allSatisfy(entry -> {
                                assertThat(entry.path("check").asString()).isEqualTo("as_logged");
                                assertThat(entry.path("stage").asString()).isEqualTo("published");
                            });
                    assertThat(entries.get(0).path("principal").asString()).isEqualTo("ben");
                    assertThat(entries.get(1).path("principal").asString()).isEqualTo("alice");
                    long index = entries.get(1).path("index").asLong();
                    assertThat(
                                    fixture.get(service, "/api/v1/entries/" + index, reader)
                                            .statusCode())
                            .isEqualTo(200);
                });
    }
}
