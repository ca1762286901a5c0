package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.ApprovalRequested;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.LiteralFeatures;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.ReplyAddress;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.DataKeyEntry;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.seal.Sealed;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.SigningKey;
import dev.sallyport.schema.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A gateway that holds calls of one tenant, and people who decide on them. */
final class ApprovalFixture {
    static final String SQL = "delete from orders where customer_id = $1";
    static final String DIGEST = "effect-digest-of-20-orders";

    private final AuditFixture audit;
    private final AuditService service;
    private final TenantId tenant;
    private final GatewayId gateway = new GatewayId("gateway-" + UUID.randomUUID());
    private final SigningKey key = SigningKey.generate();
    private final DataKey dataKey;
    private final RegistryWriter registry;
    private final AuditDatabase database;

    ApprovalFixture(AuditFixture audit, AuditService service) {
        this.audit = audit;
        this.service = service;
        this.tenant = audit.tenant();
        this.database = audit.open();
        this.registry = new RegistryWriter(audit.kafka(), InstantSource.system(), "test");
        var wrapping = new KeyEncryptionKey(audit.keyEncryptionKey());
        var entry = new DataKeyEntry(wrapping.newDataKey(tenant));
        this.dataKey = new Keyring(wrapping).newest(Registry.of(1, List.of(entry)), tenant);
        registry.put(tenant, entry);
        registry.put(TenantId.PLATFORM, new GatewayKey(gateway, key.verifyingKey().text()));
        registry.put(
                TenantId.PLATFORM,
                new GatewayKey(
                        audit.approvalSigner(),
                        audit.approvalKey().verifyingKey().text(),
                        KeyPurpose.APPROVALS));
    }

    TenantId tenant() {
        return tenant;
    }

    /** What a test asks for; the usual is a delete of 20 rows that ben or cid may allow. */
    record Wanted(
            String sql,
            ApprovalBy by,
            List<String> approvers,
            int needed,
            @Nullable String digest,
            String effect,
            Instant expires) {
        static Wanted usual() {
            return new Wanted(
                    SQL,
                    ApprovalBy.ANOTHER,
                    List.of("ben", "cid"),
                    1,
                    DIGEST,
                    """
                    {"rowsAffected":1,"rehearsed":true,"complete":true,"effectDigest":"%s",
                     "tables":[{"table":"public.customers","inserted":0,"updated":0,"deleted":1},{"table":"public.orders","inserted":0,"updated":0,"deleted":20}],
                     "changes":[{"table":"public.customers","before":{"id":11,"name":"Ana <b>"},"after":null}],"changesNotShown":20}
                    """
                            .formatted(DIGEST),
                    InstantSource.system().instant().plus(Duration.ofHours(1)));
        }

        Wanted sql(String text) {
            return new Wanted(text, by, approvers, needed, digest, effect, expires);
        }

        Wanted needed(int people) {
            return new Wanted(sql, by, approvers, people, digest, effect, expires);
        }

        Wanted byCaller() {
            return new Wanted(sql, ApprovalBy.CONFIRM, List.of(), 1, digest, effect, expires);
        }

        Wanted approvers(String... people) {
            return new Wanted(sql, by, List.of(people), needed, digest, effect, expires);
        }

        Wanted expires(Instant end) {
            return new Wanted(sql, by, approvers, needed, digest, effect, end);
        }

        Wanted effect(@Nullable String otherDigest, String other) {
            return new Wanted(sql, by, approvers, needed, otherDigest, other, expires);
        }
    }

    /** A request that the gateway signs, once it is in the log. */
    EventId ask(Wanted wanted) {
        return ask(wanted, key, null);
    }

    EventId ask(Wanted wanted, SigningKey signing, @Nullable Sealed sealed) {
        var id = EventId.next();
        var shown =
                dataKey.seal(
                        Json.mapper()
                                .writeValueAsBytes(
                                        Json.mapper()
                                                .createObjectNode()
                                                .put("sql", wanted.sql())
                                                .set(
                                                        "params",
                                                        Json.mapper().readTree("[11,\"x\\u200b\"]"))
                                                .set(
                                                        "effect",
                                                        Json.mapper().readTree(wanted.effect()))),
                        id,
                        ApprovalRequested.SHOWN);
        var asked =
                new ApprovalRequested(
                        id.toString(),
                        CallId.next(),
                        principal("alice"),
                        new DatabaseName("shop"),
                        "db_execute",
                        StatementClass.DELETE,
                        wanted.by(),
                        wanted.approvers(),
                        wanted.needed(),
                        wanted.digest(),
                        wanted.digest() == null ? 0 : 1,
                        true,
                        wanted.expires(),
                        sealed == null ? shown : sealed);
        audit.send(Topics.SIGNALS, tenant, signed(id, asked, gateway, signing));
        awaitEntry(id);
        return id;
    }

    /** A call that the gateway lets run by the approval. */
    CallId use(EventId approval) {
        var call = CallId.next();
        var id = EventId.commandOf(call);
        var command =
                new CallAuthorized(
                        call,
                        principal("alice"),
                        "db_execute",
                        new DatabaseName("shop"),
                        StatementClass.DELETE,
                        Access.COMMIT_IF,
                        approval.toString(),
                        DIGEST,
                        List.of("orders"),
                        List.of(),
                        List.of("mcp:delete"),
                        SQL,
                        LiteralFeatures.NONE,
                        new Limits(1, 1, 1),
                        InstantSource.system().instant().plusSeconds(30),
                        1,
                        new ReplyAddress(gateway, 0),
                        new Sealed("v1.dk-1." + "A".repeat(40)));
        audit.send(AuditFixture.commands(), tenant, signed(id, command, gateway, key));
        awaitEntry(id);
        return call;
    }

    /** Whatever somebody writes to the topic, once it is in the log. */
    void tell(Payload what, GatewayId signer, SigningKey signing) {
        var id = EventId.next();
        audit.send(Topics.SIGNALS, tenant, signed(id, what, signer, signing));
        awaitEntry(id);
    }

    GatewayId gateway() {
        return gateway;
    }

    SigningKey gatewayKey() {
        return key;
    }

    void suspend(String subject) {
        registry.put(
                tenant,
                new Suspension(tenant, subject, "a test", null, InstantSource.system().instant()));
    }

    void register(GatewayKey entry) {
        registry.put(TenantId.PLATFORM, entry);
    }

    static Principal principal(String subject) {
        return new Principal(subject, "client", "robot", "10.0.0.7");
    }

    private byte[] signed(EventId id, Payload what, GatewayId signer, SigningKey signing) {
        return EventSignature.sign(
                EventCodec.encode(
                        new Event<>(
                                id,
                                "/gateway/test",
                                InstantSource.system().instant(),
                                tenant,
                                null,
                                signer,
                                what)),
                signing);
    }

    /** Waits until the log has the event. */
    private void awaitEntry(EventId id) {
        audit.flush();
        await().atMost(AuditFixture.WITHIN)
                .until(() ->
                        AuditFixture.count(
                                        database.jdbi(),
                                        "SELECT count(*) FROM audit.entry WHERE event_id = '"
                                                + id
                                                + "'")
                                == 1);
    }

    /** A person's token. */
    String token(String subject, String... scopes) {
        return audit.tokenOf(tenant, subject, scopes);
    }

    /** The approval as the API tells it to that person. */
    JsonNode get(EventId id, String token) {
        var answer = audit.get(service, "/api/v1/approvals/" + id, Optional.of(token));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.mapper().readTree(answer.body());
    }

    /** The code of what somebody is answered who decides, or the state that it led to. */
    String decide(EventId id, String token, String verdict) {
        var answer =
                audit.postJson(
                        service,
                        "/api/v1/approvals/" + id + "/" + verdict,
                        verdict.equals("deny")
                                ? "{\"reason\":\"not on a Friday\"}"
                                : "{\"note\":\"fine\"}",
                        token);
        JsonNode json = Json.mapper().readTree(answer.body().getBytes(StandardCharsets.UTF_8));
        return answer.statusCode() == 200
                ? json.path("state").asString()
                : answer.statusCode() + " " + json.path("code").asString();
    }

    void close() {
        registry.close();
        database.close();
    }
}
