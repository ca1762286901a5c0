package dev.sallyport.gateway.gate;

import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.registry.Database;
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
     * The call may not run.
     *
     * @param message says what would be right; the same for what does not exist and what is
     *     somebody else's
     */
    record Refused(Code code, String reason, String message) implements Decision {
        public static Refused of(Code code, String message) {
            return new Refused(code, code.code(), message);
        }
    }

    /** The token lacks scopes that its bearer could get: one with all of these would do. */
    record ScopesMissing(Set<Scope> needed) implements Decision {
        public ScopesMissing {
            needed = Set.copyOf(needed);
        }
    }

    /** Why a call is refused, whatever its token. */
    enum Code {
        TOOL_UNKNOWN("tool_unknown"),
        DATABASE_UNKNOWN("database_unknown"),
        NOT_GRANTED("not_granted"),
        READ_ONLY("read_only"),
        NOT_A_QUERY("not_a_query"),
        PARAMETERS_MISMATCH("parameters_mismatch"),
        /** The statement has something dangerous in it; the reason names what. */
        STATEMENT_REFUSED("statement_refused");

        private final String code;

        Code(String code) {
            this.code = code;
        }

        public String code() {
            return code;
        }
    }
}
