package dev.sallyport.gateway.protocol;

import java.util.List;
import java.util.Optional;

/** The revisions of the Model Context Protocol that the gateway speaks, newest first. */
public enum Revision {
    /**
     * Stateless: every request carries its revision and the client's capabilities in {@code _meta}.
     */
    V2026_07_28("2026-07-28", true),
    V2025_11_25("2025-11-25", false),
    V2025_06_18("2025-06-18", false),
    /** The first with this transport, and what a request without the version's header speaks. */
    V2025_03_26("2025-03-26", false);

    private static final List<Revision> ALL = List.of(values());

    private final String wireName;
    private final boolean stateless;

    Revision(String wireName, boolean stateless) {
        this.wireName = wireName;
        this.stateless = stateless;
    }

    public String wireName() {
        return wireName;
    }

    /**
     * Whether requests describe themselves in {@code _meta}, with no {@code initialize} before
     * them.
     */
    public boolean stateless() {
        return stateless;
    }

    static Optional<Revision> of(String wireName) {
        for (Revision revision : ALL) {
            if (revision.wireName.equals(wireName)) {
                return Optional.of(revision);
            }
        }
        return Optional.empty();
    }

    static List<String> wireNames() {
        return ALL.stream().map(Revision::wireName).toList();
    }

    /**
     * The revision of a request that tells none (MCP 2025-06-18 and 2025-11-25, Streamable HTTP,
     * protocol version header).
     */
    static Revision ofTheSilent() {
        return V2025_03_26;
    }

    /** The revision offered to a client that initializes with one the gateway does not speak. */
    static Revision newestWithInitialize() {
        return V2025_11_25;
    }
}
