package dev.sallyport.gateway.approval;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.ApprovalDenied;
import dev.sallyport.schema.event.ApprovalGranted;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.sign.EventSignature;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a person decided, as the service that took it down told it under its signature.
 *
 * @param granted false where the call was refused
 * @param effectDigest the effect that was looked at; null where there was none to look at, and of a
 *     refusal
 */
record SignedDecision(
        TenantId tenant,
        UUID approval,
        String approver,
        boolean granted,
        @Nullable String effectDigest,
        Instant at) {

    private static final String DECISION = "dev.sallyport.Approval";

    /** Whether the bytes may be a decision at all: most signals are none, and are not parsed. */
    static boolean mayBe(byte[] event) {
        return new String(event, StandardCharsets.ISO_8859_1).contains(DECISION);
    }

    /**
     * The decision in a record, where it is one that counts: signed with a key for approvals, of
     * the tenant whose records the partition holds under this key, by somebody who is not
     * suspended. What a caller confirmed itself was counted where it was said.
     */
    static Optional<SignedDecision> of(@Nullable String key, byte[] bytes, Registry registry) {
        Event<?> event;
        try {
            event = EventCodec.decode(bytes);
        } catch (SchemaException e) {
            return Optional.empty();
        }
        return decision(event)
                .filter(decision -> decision.tenant.value().equals(key))
                .filter(_ -> isSigned(event.signedBy(), bytes, registry))
                .filter(decision ->
                        registry.suspension(decision.tenant, decision.approver).isEmpty());
    }

    private static Optional<SignedDecision> decision(Event<?> event) {
        return switch (event.data()) {
            case ApprovalGranted granted when granted.by() == ApprovalBy.ANOTHER ->
                    of(
                            event,
                            granted.approval(),
                            granted.approver().subject(),
                            true,
                            granted.effectDigest());
            case ApprovalDenied denied ->
                    of(event, denied.approval(), denied.approver().subject(), false, null);
            default -> Optional.empty();
        };
    }

    private static Optional<SignedDecision> of(
            Event<?> event,
            String approval,
            String approver,
            boolean granted,
            @Nullable String effectDigest) {
        try {
            return Optional.of(
                    new SignedDecision(
                            event.tenant(),
                            EventId.of(approval).value(),
                            approver,
                            granted,
                            effectDigest,
                            event.time()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean isSigned(@Nullable GatewayId signer, byte[] bytes, Registry registry) {
        return signer != null
                && registry.gatewayKey(signer, KeyPurpose.APPROVALS)
                        .filter(key -> EventSignature.verify(bytes, key.parsed()))
                        .isPresent();
    }

    /** Whether it is about this request, and its approver may decide it. */
    boolean isFor(Kept request) {
        return request.by() == ApprovalBy.ANOTHER
                && request.approvers().contains(approver)
                && !request.requester().subject().equals(approver)
                && at.isBefore(request.expires())
                && (!granted || Objects.equals(effectDigest, request.effectDigest()));
    }
}
