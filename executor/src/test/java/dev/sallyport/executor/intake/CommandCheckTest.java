package dev.sallyport.executor.intake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallWithdrawn;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.LiteralFeatures;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.ReplyAddress;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.DatabaseKind;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.seal.Sealed;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.SigningKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CommandCheckTest {
    private static final Instant NOW = Instant.parse("2026-11-22T05:00:00Z");
    private static final TenantId ACME = new TenantId("acme");
    private static final GatewayId GATEWAY = new GatewayId("g1");
    private static final SigningKey KEY = SigningKey.generate();
    private static final CellId CELL = new CellId("c1");

    private final CommandCheck check = new CommandCheck(CELL);
    private CellId tenantsCell = CELL;
    private boolean readOnly;
    private StatementClass statementClass = StatementClass.READ;
    private @Nullable Access access = Access.READ;
    private @Nullable String effectDigest;
    private KeyPurpose purpose = KeyPurpose.COMMANDS;
    private final List<RegistryEntry> more = new ArrayList<>();

    private Registry registry() {
        List<RegistryEntry> entries = new ArrayList<>(more);
        entries.add(new Tenant(ACME, "Acme", tenantsCell, List.of(), false));
        entries.add(
                new Database(
                        ACME,
                        new DatabaseName("shop"),
                        null,
                        DatabaseKind.POSTGRESQL,
                        "jdbc:postgresql://localhost/shop",
                        "agent",
                        new SecretReference("env:PASSWORD"),
                        new SecretReference("env:SEAL"),
                        1,
                        readOnly,
                        new Limits(1, 1, 1),
                        null));
        entries.add(new GatewayKey(GATEWAY, KEY.verifyingKey().text(), purpose));
        return Registry.of(1, entries);
    }

    private byte[] command(String database, Instant deadline, EventId id, CallId call) {
        CallAuthorized data =
                new CallAuthorized(
                        call,
                        new Principal("alice", "client", null, null),
                        "db_query",
                        new DatabaseName(database),
                        statementClass,
                        access,
                        null,
                        effectDigest,
                        List.of(),
                        List.of(),
                        List.of(),
                        null,
                        LiteralFeatures.NONE,
                        new Limits(1, 1, 1),
                        deadline,
                        1,
                        new ReplyAddress(GATEWAY, 0),
                        new Sealed("v1.dk-1." + "A".repeat(40)));
        return signed(
                EventCodec.encode(new Event<>(id, "/gateway/g1", NOW, ACME, null, GATEWAY, data)));
    }

    private static byte[] signed(byte[] event) {
        return EventSignature.sign(event, KEY);
    }

    private byte[] command() {
        CallId call = CallId.next();
        return command("shop", NOW.plusSeconds(1), EventId.commandOf(call), call);
    }

    private String code(byte[] bytes) {
        return code("acme", bytes);
    }

    private String code(String key, byte[] bytes) {
        return switch (check.check(key, bytes, registry(), NOW)) {
            case Command.Accepted _ -> "accepted";
            case Command.Expired _ -> "expired";
            case Command.Refused refused -> "refused " + refused.code();
            case Command.Withdrawn _ -> "withdrawn";
            case Command.Unbelievable unbelievable -> "unbelievable " + unbelievable.code();
        };
    }

    @Test
    void aCommandInOrderIsAccepted() {
        assertThat(code(command())).isEqualTo("accepted");
    }

    @Test
    void whatNoGatewaySignedIsNotBelieved() {
        CallId call = CallId.next();
        byte[] altered = command();
        altered[60] ^= 1;
        byte[] unsigned =
                new String(command(), StandardCharsets.UTF_8)
                        .replaceAll(",\"signature\":\"[^\"]+\"", "")
                        .getBytes(StandardCharsets.UTF_8);

        assertThat(code(altered)).startsWith("unbelievable");
        assertThat(code(unsigned)).isEqualTo("unbelievable signature_invalid");
        assertThat(code("globex", command())).isEqualTo("unbelievable key_mismatch");
        assertThat(code(command("shop", NOW.plusSeconds(1), EventId.next(), call)))
                .isEqualTo("unbelievable id_mismatch");
        assertThat(code(new byte[0])).isEqualTo("unbelievable event_malformed");
    }

    @Test
    void whatAKeyForApprovalsSignedIsNoCommand() {
        CallId call = CallId.next();
        purpose = KeyPurpose.APPROVALS;

        assertThat(code(command())).isEqualTo("unbelievable gateway_unknown");
        assertThat(code(withdrawal(EventId.withdrawnOf(call), call, KEY)))
                .isEqualTo("unbelievable gateway_unknown");
    }

    @Test
    void everySingleChangedByteIsNoticed() {
        byte[] bytes = command();
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] ^= 1;
            assertThat(code(bytes)).as("byte " + i).startsWith("unbelievable");
            bytes[i] ^= 1;
        }
        assertThat(code(bytes)).isEqualTo("accepted");
    }

    @Test
    void whatMustNotRunIsRefused() {
        CallId call = CallId.next();
        assertThat(code(command("other", NOW.plusSeconds(1), EventId.commandOf(call), call)))
                .isEqualTo("refused database_unknown");
        tenantsCell = new CellId("c2");
        assertThat(code(command())).isEqualTo("refused wrong_cell");
        tenantsCell = CELL;
        more.add(new Suspension(ACME, "alice", "a test", null, NOW));
        assertThat(code(command())).isEqualTo("refused principal_suspended");
    }

    @Test
    void aReadOnlyDatabaseTakesReadsOnly() {
        readOnly = true;
        assertThat(code(command())).isEqualTo("accepted");
        statementClass = StatementClass.UNKNOWN;
        assertThat(code(command())).isEqualTo("refused read_only");
        statementClass = StatementClass.READ;
        access = Access.WRITE;
        assertThat(code(command())).isEqualTo("refused read_only");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",\"access\":null", ",\"access\":\"Write\"", ",\"access\":\"\""})
    void aCommandWithoutAnAccessThatIsKnownIsRefused(String member) {
        String unsigned =
                new String(command(), StandardCharsets.UTF_8)
                        .replaceAll(",\"signature\":\"[^\"]+\"", "")
                        .replace(",\"access\":\"read\"", member);

        assertThat(code(signed(unsigned.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo("refused access_unknown");
    }

    @ParameterizedTest
    @EnumSource
    void anEffectsDigestStandsWithCommitIfOnly(Access any) {
        access = any;
        assertThat(code(command()))
                .isEqualTo(
                        any == Access.COMMIT_IF ? "refused effect_digest_misplaced" : "accepted");
        effectDigest = "A".repeat(43);
        assertThat(code(command()))
                .isEqualTo(
                        any == Access.COMMIT_IF ? "accepted" : "refused effect_digest_misplaced");
    }

    @Test
    void aReadOnlyDatabaseTakesNoComparedWriteWhateverItsStatementIs() {
        readOnly = true;
        access = Access.COMMIT_IF;
        effectDigest = "A".repeat(43);

        assertThat(code(command())).isEqualTo("refused read_only");
    }

    @Test
    void atItsDeadlineACommandHasExpired() {
        CallId call = CallId.next();
        assertThat(code(command("shop", NOW, EventId.commandOf(call), call))).isEqualTo("expired");
    }

    private static byte[] withdrawal(EventId id, CallId call, SigningKey key) {
        return EventSignature.sign(
                EventCodec.encode(
                        new Event<>(
                                id,
                                "/gateway/g1",
                                NOW,
                                ACME,
                                null,
                                GATEWAY,
                                new CallWithdrawn(
                                        call,
                                        new Principal("alice", "client", null, null),
                                        CallWithdrawn.Reason.CANCELLED))),
                key);
    }

    // case D8
    @Test
    void aWithdrawalIsBelievedOnlyOfAGatewayAndForTheTenantOfItsKey() {
        CallId call = CallId.next();
        EventId id = EventId.withdrawnOf(call);

        assertThat(code(withdrawal(id, call, KEY))).isEqualTo("withdrawn");
        assertThat(code(withdrawal(id, call, SigningKey.generate())))
                .isEqualTo("unbelievable signature_invalid");
        assertThat(code("globex", withdrawal(id, call, KEY)))
                .isEqualTo("unbelievable key_mismatch");
        assertThat(code(withdrawal(EventId.commandOf(call), call, KEY)))
                .isEqualTo("unbelievable id_mismatch");
    }
}
