package dev.sallyport.monitor.detect;

import dev.sallyport.schema.config.Default;
import java.time.Duration;
import java.util.Set;

/**
 * How many refusals are probing rather than mistakes.
 *
 * @param window length of the sliding window
 * @param grace how late an event may arrive and still be counted in its window
 * @param refusalsMax most refusals that a window may hold
 * @param passedOver codes that do not count: a client that is merely too fast, clumsy, at the end
 *     of its budget, or suspended already, is not probing, nor is who calls while we cannot serve
 */
public record RefusalBurstTuning(
        @Default("PT60S") Duration window,
        @Default("PT30S") Duration grace,
        @Default("20") long refusalsMax,
        @Default(
                        "[rate_limited, overloaded, tenant_busy, cell_busy, cell_unavailable, limits_unavailable, approvals_unavailable, approval_pending, approval_expired, approvals_open, cooldown, budget_exhausted, budget_in_use, data_key_missing, arguments_invalid, call_too_large, principal_suspended]")
                Set<String> passedOver) {
    public RefusalBurstTuning {
        Sliding.require(window, grace);
        passedOver = Set.copyOf(passedOver);
        if (refusalsMax < 1) {
            throw new IllegalArgumentException("refusalsMax must be positive: " + refusalsMax);
        }
    }
}
