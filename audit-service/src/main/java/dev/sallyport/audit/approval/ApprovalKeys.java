package dev.sallyport.audit.approval;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.ApprovalRequested;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.sign.SigningKey;
import java.util.Optional;

/**
 * The keys that approvals take: one signs what people decide, the other ones open what they decide
 * on, and are used for nothing else.
 *
 * @param id the name under which the signing key stands in the registry
 * @param signing signs decisions
 * @param keyring opens what gateways sealed
 */
public record ApprovalKeys(GatewayId id, SigningKey signing, Keyring keyring) {
    /** Whether gateways will believe what is signed here. */
    boolean isRegistered(Registry registry) {
        return registry.gatewayKey(id, KeyPurpose.APPROVALS)
                .filter(key -> key.publicKey().equals(signing.verifyingKey().text()))
                .isPresent();
    }

    /** What the gateway sealed for those who decide; empty where it cannot be opened or read. */
    Optional<Shown> open(Event<?> event, ApprovalRequested asked, Registry registry) {
        try {
            var shown =
                    Shown.parse(
                            keyring.of(registry, event.tenant(), asked.shown().dataKeyId())
                                    .open(asked.shown(), event.id(), ApprovalRequested.SHOWN));
            return Optional.of(shown).filter(one -> fits(one, asked));
        } catch (SchemaException | IllegalArgumentException unreadable) {
            // the key was erased, or it is not what a gateway sealed: nobody can decide on it
            return Optional.empty();
        }
    }

    /** Whether it shows the effect that is decided on. */
    private static boolean fits(Shown shown, ApprovalRequested asked) {
        return asked.effectDigest() == null
                ? shown.effect().isEmpty()
                : shown.effect()
                        .filter(effect ->
                                effect.digest().equals(asked.effectDigest())
                                        && effect.rowsAffected() == asked.rowsAffected())
                        .isPresent();
    }

    /** Never a key. */
    @Override
    public String toString() {
        return "approval keys of " + id;
    }
}
