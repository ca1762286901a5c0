package dev.sallyport.schema.signal;

import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.id.TenantId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides which refusals are told one by one and which are only counted within a window. No I/O and
 * no clock; not safe for use by several threads.
 */
final class Folding {

    /** Refusals of one kind that are told one by one in a window. */
    static final int SINGLES_MAX = 10;

    /** Refusals of one tenant, of whatever kinds, that are told one by one in a window. */
    static final int TENANT_SINGLES_MAX = 200;

    /**
     * Kinds of one tenant that are told apart in a window; what comes above them shares a kind for
     * each code.
     */
    static final int TENANT_KINDS_MAX = 500;

    /**
     * The same refusal of the same principal, or of the same address where no principal is known.
     */
    record Kind(TenantId tenant, String what, String code, String who) {
        private Kind ofEveryone() {
            return new Kind(tenant, what, code, "");
        }
    }

    /** Makes the event that stands for several refusals. */
    @FunctionalInterface
    interface Folded {
        Payload event(int count, Instant first, Instant last);
    }

    /** What was only counted, at the end of a window. */
    record Due(Kind kind, Folded folded, int count, Instant first, Instant last) {
        Payload event() {
            return folded.event(count, first, last);
        }
    }

    private final Map<TenantId, Tenant> tenants = new HashMap<>();

    /** Whether this refusal is to be told at once; otherwise it was counted. */
    boolean single(Kind kind, Instant now, Folded folded) {
        Tenant tenant = tenants.computeIfAbsent(kind.tenant(), _ -> new Tenant());
        Kind known =
                tenant.kinds.containsKey(kind) || tenant.kinds.size() < TENANT_KINDS_MAX
                        ? kind
                        : kind.ofEveryone();
        Count count = tenant.kinds.computeIfAbsent(known, _ -> new Count());
        if (count.singles < SINGLES_MAX && tenant.singles < TENANT_SINGLES_MAX) {
            count.singles++;
            tenant.singles++;
            return true;
        }
        count.due = later(count.due, new Due(known, folded, 1, now, now));
        return false;
    }

    /** Ends the window and starts the next one. */
    List<Due> end() {
        List<Due> due = new ArrayList<>();
        for (Tenant tenant : tenants.values()) {
            for (Count count : tenant.kinds.values()) {
                if (count.due != null) {
                    due.add(count.due);
                }
            }
        }
        tenants.clear();
        return due;
    }

    /** Takes back what could not be told: its number goes on into the window that runs now. */
    void keep(Due earlier) {
        Tenant tenant = tenants.computeIfAbsent(earlier.kind().tenant(), _ -> new Tenant());
        Count count = tenant.kinds.computeIfAbsent(earlier.kind(), _ -> new Count());
        count.due = count.due == null ? earlier : later(earlier, count.due);
    }

    private static Due later(@Nullable Due earlier, Due latest) {
        return earlier == null
                ? latest
                : new Due(
                        latest.kind(),
                        latest.folded(),
                        earlier.count() + latest.count(),
                        earlier.first(),
                        latest.last());
    }

    private static final class Tenant {
        private final Map<Kind, Count> kinds = new HashMap<>();
        private int singles;
    }

    private static final class Count {
        private int singles;
        private @Nullable Due due;
    }
}
