package dev.sallyport.schema.registry;

import dev.sallyport.schema.event.Principal;
import java.net.InetAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Callers that a rule is about: those that are in all of these lists. An absent list is any, but
 * one must be there.
 *
 * @param subjects the tokens' {@code sub}
 * @param clients OAuth clients
 * @param networks where requests come from
 */
public record Callers(
        @Nullable Set<String> subjects,
        @Nullable Set<String> clients,
        @Nullable Set<Network> networks) {
    public Callers {
        subjects = names("subjects", subjects);
        clients = names("clients", clients);
        networks = Rule.checked("networks", networks);
        if (subjects == null && clients == null && networks == null) {
            throw new IllegalArgumentException(
                    "callers must be told by subjects, clients or networks");
        }
    }

    private static @Nullable Set<String> names(String what, @Nullable Set<String> names) {
        for (String name : names == null ? Set.<String>of() : names) {
            if (name.isBlank()
                    || name.length() > Principal.NAME_MAX
                    || name.equals(Grant.EVERYONE)) {
                throw new IllegalArgumentException(
                        "%s must be names of 1 to %d characters, and not * for everyone"
                                .formatted(what, Principal.NAME_MAX));
            }
        }
        return Rule.checked(what, names);
    }

    /** Whether the caller is, or may be, one of them. */
    boolean mayInclude(RuledCall call) {
        return (subjects == null || call.subject() == null || subjects.contains(call.subject()))
                && (clients == null || call.client() == null || clients.contains(call.client()))
                && (networks == null
                        || call.address() == null
                        || isWithin(networks, call.address()));
    }

    /** Whether the caller is one of them for certain. */
    boolean includes(RuledCall call) {
        return (subjects == null || (call.subject() != null && subjects.contains(call.subject())))
                && (clients == null || (call.client() != null && clients.contains(call.client())))
                && (networks == null
                        || (call.address() != null && isWithin(networks, call.address())));
    }

    private static boolean isWithin(Set<Network> networks, InetAddress address) {
        return networks.stream().anyMatch(network -> network.contains(address));
    }
}
