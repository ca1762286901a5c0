package dev.sallyport.gateway.protocol;

import dev.sallyport.gateway.protocol.Messages.Incoming.Call;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Settles which revision one request speaks, from the request alone. */
sealed interface Negotiation {

    String META_VERSION = "io.modelcontextprotocol/protocolVersion";
    String META_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";

    record Agreed(Revision revision, ObjectNode clientCapabilities) implements Negotiation {}

    record Refused(Refusal refusal) implements Negotiation {}

    static Negotiation of(Headers headers, Call call) {
        String header = headers.get(RequestHeaders.VERSION);
        JsonNode meta = call.params().get("_meta");
        String inBody = meta == null ? null : Messages.text(meta.get(META_VERSION));
        if (inBody == null && (header == null || call.method().equals("initialize"))) {
            // initialize itself negotiates in its body, whatever a proxy or client put in the
            // header
            return initializeBased(
                    headers,
                    call,
                    header == null ? Revision.ofTheSilent() : Revision.newestWithInitialize());
        }
        if (header == null) {
            return withoutHeader();
        }
        Optional<Revision> revision = Revision.of(header);
        if (revision.isPresent() && !revision.get().stateless()) {
            return inBody == null || inBody.equals(header)
                    ? initializeBased(headers, call, revision.get())
                    : mismatch();
        }
        return revision.isPresent()
                ? stateless(headers, call, revision.get(), meta, inBody)
                : inBody == null || inBody.equals(header)
                        ? new Refused(unsupported(header))
                        : mismatch();
    }

    /** Only the stateless revision tells itself in the body, and it wants the header too. */
    private static Negotiation withoutHeader() {
        return new Refused(
                Refusal.of(
                        ErrorCode.HEADER_MISMATCH,
                        "Header mismatch: header %s is missing; it must be one of %s"
                                .formatted(
                                        RequestHeaders.VERSION,
                                        String.join(", ", Revision.wireNames()))));
    }

    private static Negotiation stateless(
            Headers headers,
            Call call,
            Revision revision,
            @Nullable JsonNode meta,
            @Nullable String inBody) {
        if (!(meta instanceof ObjectNode members)) {
            return metaInvalid("params._meta, an object");
        }
        if (inBody == null) {
            return metaInvalid("params._meta[\"" + META_VERSION + "\"], a string");
        }
        if (!inBody.equals(revision.wireName())) {
            return mismatch();
        }
        if (!(members.get(META_CAPABILITIES) instanceof ObjectNode capabilities)) {
            return metaInvalid("params._meta[\"" + META_CAPABILITIES + "\"], an object");
        }
        return RequestHeaders.mismatch(headers, call)
                .<Negotiation>map(Refused::new)
                .orElseGet(() -> new Agreed(revision, capabilities));
    }

    private static Negotiation initializeBased(Headers headers, Call call, Revision revision) {
        return RequestHeaders.contradiction(headers, call.method(), call.params())
                .<Negotiation>map(Refused::new)
                .orElseGet(() -> new Agreed(revision, JsonNodeFactory.instance.objectNode()));
    }

    private static Negotiation metaInvalid(String missing) {
        return new Refused(
                Refusal.of(
                        ErrorCode.META_INVALID,
                        "Revision %s needs %s"
                                .formatted(Revision.V2026_07_28.wireName(), missing)));
    }

    private static Negotiation mismatch() {
        return new Refused(
                Refusal.of(
                        ErrorCode.HEADER_MISMATCH,
                        "Header mismatch: header %s must be params._meta[\"%s\"] of the body"
                                .formatted(RequestHeaders.VERSION, META_VERSION)));
    }

    static Refusal unsupported(String requested) {
        return Refusal.of(
                        ErrorCode.VERSION_UNSUPPORTED,
                        "Unsupported protocol version; this server speaks "
                                + String.join(", ", Revision.wireNames()))
                .with("supported", Revision.wireNames())
                .with("requested", requested);
    }
}
