package dev.sallyport.executor.intake;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallWithdrawn;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.VerifyingKey;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Decides whether a delivered command may run here and now. */
public final class CommandCheck {
    private final CellId cell;
    private final Map<GatewayKey, VerifyingKey> parsed = new ConcurrentHashMap<>();

    public CommandCheck(CellId cell) {
        this.cell = cell;
    }

    /**
     * Checks the command against the registry.
     *
     * @param key the record's key, which must be the event's tenant
     */
    public Command check(String key, byte[] bytes, Registry registry, Instant now) {
        Event<?> event;
        try {
            event = EventCodec.decode(bytes);
        } catch (SchemaException e) {
            return new Command.Unbelievable(e.code(), String.valueOf(e.getMessage()));
        }
        // before anything in it is looked at
        VerifyingKey gatewayKey = gatewayKey(event.signedBy(), registry);
        if (gatewayKey == null) {
            return new Command.Unbelievable(
                    "gateway_unknown", "the registry has no key of the gateway that it names");
        }
        if (!EventSignature.verify(bytes, gatewayKey)) {
            return new Command.Unbelievable(
                    "signature_invalid", "its signature is not the gateway's");
        }
        if (!event.tenant().value().equals(key)) {
            return new Command.Unbelievable(
                    "key_mismatch", "the record's key is not the event's tenant");
        }
        return switch (event.data()) {
            case CallAuthorized call when event.id().equals(EventId.commandOf(call.call())) ->
                    signed(saying(event, call), registry, now);
            case CallWithdrawn call when event.id().equals(EventId.withdrawnOf(call.call())) ->
                    new Command.Withdrawn(saying(event, call));
            case CallAuthorized _, CallWithdrawn _ ->
                    new Command.Unbelievable("id_mismatch", "the event's id is not the call's");
            default ->
                    new Command.Unbelievable(
                            "not_a_command",
                            "it is a " + event.type().kind() + ", not a CallAuthorized");
        };
    }

    private static <P extends Payload> Event<P> saying(Event<?> event, P data) {
        return new Event<>(
                event.id(),
                event.source(),
                event.time(),
                event.tenant(),
                event.trace(),
                event.signedBy(),
                data);
    }

    private Command signed(Event<CallAuthorized> event, Registry registry, Instant now) {
        CallAuthorized call = event.data();
        Optional<Tenant> tenant = registry.tenant(event.tenant());
        if (tenant.isEmpty()) {
            return new Command.Refused(event, "tenant_unknown", "there is no such tenant");
        }
        if (!tenant.get().cell().equals(cell)) {
            return new Command.Refused(
                    event, "wrong_cell", "the tenant's calls are executed in another cell");
        }
        Optional<Database> database = registry.database(event.tenant(), call.database());
        if (database.isEmpty()) {
            return new Command.Refused(
                    event,
                    "database_unknown",
                    "there is no database " + call.database() + "; show_databases lists them");
        }
        if (registry.suspension(event.tenant(), call.principal().subject()).isPresent()) {
            return new Command.Refused(
                    event,
                    "principal_suspended",
                    "the caller is suspended; ask your administrator");
        }
        Access access = call.access();
        if (access == null) {
            return new Command.Refused(
                    event,
                    "access_unknown",
                    "the command does not say, in a word that this executor knows, whether the call"
                            + " may change anything; gateway and executor may be of different"
                            + " versions");
        }
        if ((access == Access.COMMIT_IF) != (call.effectDigest() != null)) {
            return new Command.Refused(
                    event,
                    "effect_digest_misplaced",
                    "the command has an effect's digest without commit_if, or commit_if without the"
                            + " digest; gateway and executor may be of different versions");
        }
        boolean readOnly = tenant.get().readOnly() || database.get().readOnly();
        boolean reads = access == Access.READ && call.statementClass() == StatementClass.READ;
        if (readOnly && !reads) {
            return new Command.Refused(event, "read_only", "the database is read-only for callers");
        }
        if (!now.isBefore(call.deadline())) {
            return new Command.Expired(event);
        }
        return new Command.Accepted(event, database.get(), access);
    }

    private @Nullable VerifyingKey gatewayKey(@Nullable GatewayId gateway, Registry registry) {
        if (gateway == null) {
            return null;
        }
        return registry.gatewayKey(gateway, KeyPurpose.COMMANDS)
                .map(key -> parsed.computeIfAbsent(key, GatewayKey::parsed))
                .orElse(null);
    }
}
