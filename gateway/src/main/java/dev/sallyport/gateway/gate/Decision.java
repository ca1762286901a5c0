package dev.sallyport.gateway.gate;

import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.MatchedRules;
import dev.sallyport.schema.registry.Scope;
import java.util.List;
import java.util.Set;

/** What the gate says to a call. */
public sealed interface Decision {

    /** The call concerns no database: the gateway may answer it from the registry. */
    record AllowedHere(List<Database> databases) implements Decision {
        public AllowedHere {
            databases = List.copyOf(databases);
        }
    }

    /**
     * The call may run.
     *
     * @param scopes what it needed
     */
    record Allowed(
            Database database, StatementClass statementClass, Limits limits, Set<Scope> scopes)
            implements Decision {
        public Allowed {
            scopes = Set.copyOf(scopes);
        }
    }

    /**
     * The call may run once somebody has allowed it, or when it has waited: its caller has the
     * rights that it needs, and rules of its tenant ask for more.
     *
     * @param allowed as it may run then
     * @param rules what matches it; none where the call names an approval that no rule asks for any
     *     more
     */
    record Held(Allowed allowed, MatchedRules rules) implements Decision {}

    /**
     * The call may not run.
     *
     * @param refusal its message is the same for what does not exist and what is somebody else's
     */
    record Refused(Refusal refusal) implements Decision {
        static Refused toModel(String code, String message) {
            return new Refused(Refusal.toModel(code, message));
        }
    }
}
