package dev.sallyport.cli;

import dev.sallyport.cli.policy.PolicyCase.Expected;
import dev.sallyport.cli.policy.PolicyCase.Verdict;
import dev.sallyport.gateway.gate.Decision;
import dev.sallyport.schema.registry.Demand;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a gate's decision is for the caller. */
final class PolicyVerdict {
    private PolicyVerdict() {}

    /**
     * The verdict.
     *
     * @param subject who called
     * @param rows how many rows the call changes; null where that cannot be told
     */
    static Expected of(Decision decision, String subject, @Nullable Long rows) {
        return switch (decision) {
            case Decision.AllowedHere _ -> new Expected(Verdict.ALLOWED, null, null, null, null);
            case Decision.Allowed allowed -> allowed(allowed);
            case Decision.Held held -> held(held, subject, rows);
            case Decision.Refused(var refusal) -> refused(refusal.code());
        };
    }

    private static Expected allowed(Decision.Allowed allowed) {
        return new Expected(Verdict.ALLOWED, null, null, null, allowed.statementClass());
    }

    private static Expected refused(String code) {
        return new Expected(Verdict.REFUSED, code, null, null, null);
    }

    /** What is held until it is known how many rows it changes may need nobody then. */
    private static Expected held(Decision.Held held, String subject, @Nullable Long rows) {
        Demand demand = held.rules().demand(rows);
        return switch (demand.by()) {
            case NONE -> allowed(held.allowed());
            case NOBODY -> refused("rule_refuses");
            case CONFIRM, ANOTHER ->
                    demand.canBeMet(subject)
                            ? new Expected(
                                    Verdict.HELD,
                                    null,
                                    demand.by(),
                                    Set.copyOf(demand.rules()),
                                    held.allowed().statementClass())
                            : refused("approval_impossible");
        };
    }
}
