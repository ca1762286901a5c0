package dev.sallyport.schema.event;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The kinds of events, and the CloudEvents {@code type} of each. */
public enum EventType {
    CALL_AUTHORIZED(CallAuthorized.class),
    CALL_WITHDRAWN(CallWithdrawn.class),
    CALL_SETTLED(CallSettled.class),
    CALL_REFUSED(CallRefused.class),
    AUTHENTICATION_FAILED(AuthenticationFailed.class),
    APPROVAL_REQUESTED(ApprovalRequested.class),
    APPROVAL_GRANTED(ApprovalGranted.class),
    APPROVAL_DENIED(ApprovalDenied.class),
    REGISTRY_CHANGED(RegistryChanged.class),
    PRINCIPAL_SUSPENDED(PrincipalSuspended.class),
    PRINCIPAL_REINSTATED(PrincipalReinstated.class),
    ALERT_RAISED(AlertRaised.class),
    AUDIT_READ(AuditRead.class),
    EXPORT_MADE(ExportMade.class),
    KEY_ERASED(KeyErased.class),
    GAP_FOUND(GapFound.class);

    private static final Map<String, EventType> BY_TYPE =
            Stream.of(values())
                    .collect(Collectors.toUnmodifiableMap(EventType::type, Function.identity()));
    private static final Map<Class<? extends Payload>, EventType> BY_PAYLOAD =
            Stream.of(values())
                    .collect(Collectors.toUnmodifiableMap(EventType::payload, Function.identity()));

    private final Class<? extends Payload> payload;

    EventType(Class<? extends Payload> payload) {
        this.payload = payload;
    }

    /** The CloudEvents {@code type}, such as {@code dev.sallyport.CallSettled.v1}. */
    public String type() {
        return "dev.sallyport." + kind() + ".v1";
    }

    /** The short name, such as {@code CallSettled}. */
    public String kind() {
        return payload.getSimpleName();
    }

    public Class<? extends Payload> payload() {
        return payload;
    }

    /** The kind with that CloudEvents type, or null where there is none. */
    public static @Nullable EventType ofType(String type) {
        return BY_TYPE.get(type);
    }

    public static EventType of(Payload payload) {
        EventType type = BY_PAYLOAD.get(payload.getClass());
        if (type == null) {
            throw new IllegalStateException("a payload without a type: " + payload.getClass());
        }
        return type;
    }
}
