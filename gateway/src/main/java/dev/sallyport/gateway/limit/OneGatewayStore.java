package dev.sallyport.gateway.limit;

import dev.sallyport.schema.id.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Counts in this process: right where there is one gateway, and forgotten when it ends. The ledger
 * bounds how many accounts there are in a window.
 */
final class OneGatewayStore implements LeaseStore {

    private final InstantSource clock;
    private final Map<AccountKey, Kept> accounts = new HashMap<>(); // guarded by this

    private record Kept(Instant starts, Amounts granted, Amounts used, Amounts returned) {}

    OneGatewayStore(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public synchronized List<Granted> exchange(List<Ask> asks, long leaseMillis) {
        Instant now = clock.instant();
        List<Granted> answers = new ArrayList<>(asks.size());
        for (Ask ask : asks) {
            answers.add(answer(ask, now));
        }
        return answers;
    }

    private Granted answer(Ask ask, Instant now) {
        Instant starts = ask.key().window().startOf(now);
        Kept kept = accounts.get(ask.key());
        if (kept == null || !kept.starts.equals(starts)) {
            kept = new Kept(starts, Amounts.NONE, Amounts.NONE, Amounts.NONE);
        }
        Long told = ask.lease();
        if (told != null && told == starts.toEpochMilli()) {
            kept = new Kept(starts, kept.granted, ask.used(), ask.returned());
        }
        Amounts left = ask.most().minus(kept.granted.minus(kept.returned)).notNegative();
        Amounts more = ask.need().plus(ask.ahead()).atMost(left);
        Amounts granted = kept.granted.plus(more);
        accounts.put(ask.key(), new Kept(starts, granted, kept.used, kept.returned));
        return new Granted(
                starts.toEpochMilli(),
                Duration.between(now, ask.key().window().endOf(now)).toMillis(),
                granted,
                kept.used,
                kept.returned,
                left.minus(more),
                Amounts.NONE);
    }

    @Override
    public Set<AccountKey> wanted() {
        return Set.of();
    }

    @Override
    public List<LostLease> lost(long graceMillis) {
        return List.of();
    }

    @Override
    public boolean close(LostLease lease, long graceMillis, Amounts used) {
        return false;
    }

    @Override
    public synchronized List<Counted> standing(TenantId tenant) {
        Instant now = clock.instant();
        List<Counted> standing = new ArrayList<>();
        accounts.forEach((key, kept) -> {
            if (key.tenant().equals(tenant) && kept.starts.equals(key.window().startOf(now))) {
                Amounts held = kept.granted.minus(kept.returned);
                standing.add(
                        new Counted(
                                key,
                                Duration.between(now, key.window().endOf(now)).toMillis(),
                                kept.used,
                                held.minus(kept.used),
                                Amounts.NONE));
            }
        });
        return standing;
    }

    @Override
    public synchronized void sweep() {
        Instant now = clock.instant();
        accounts.entrySet()
                .removeIf(entry ->
                        entry.getValue().starts.isBefore(entry.getKey().window().startOf(now)));
    }

    @Override
    public boolean durable() {
        return false;
    }

    @Override
    public void close() {}
}
