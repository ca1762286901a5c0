package dev.sallyport.gateway.limit;

import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.registry.Window;
import dev.sallyport.schema.token.Caller;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What callers may do in a time: the pace of a client, and the budgets of a principal. Both are
 * counted in accounts that all gateways share.
 */
public final class Allowances implements AutoCloseable {

    /** How the allowances of budgets begin; the budget's name follows. */
    public static final String BUDGET = "budget/";

    /** How long a call waits for the store, where nothing is in hand. */
    private static final Duration WAIT_MAX = Duration.ofSeconds(5);

    /** How long it is waited for the store where somebody only wants to know. */
    private static final Duration LOOK_WITHIN = Duration.ofSeconds(2);

    /** Fewer bytes than that hold no result: a call that would get less does not run. */
    static final int RESULT_BYTES_LEAST = 1_024;

    private static final Amounts ONE_CALL = new Amounts(1, 0, 0);
    private static final int IPV6_NETWORK_BYTES = 8;

    private final Ledger ledger;
    private final InstantSource clock;

    private Allowances(Ledger ledger, InstantSource clock) {
        this.ledger = ledger;
        this.clock = clock;
    }

    /**
     * Counts in the store.
     *
     * @param evidence what the log tells of gateways that died
     * @param leaseTime for how long a gateway may use what it has without asking again
     * @param grace how long after that what it published is in the log for certain
     */
    public static Allowances shared(
            LeaseStore store,
            Evidence evidence,
            Duration leaseTime,
            Duration grace,
            InstantSource clock) {
        return new Allowances(Ledger.start(store, evidence, leaseTime, grace), clock);
    }

    /**
     * Counts in this process, as is right for the only gateway. It counts the pace of clients; what
     * budgets allow is not told, since it would be forgotten with the process.
     */
    public static Allowances ofOneGateway(InstantSource clock) {
        return shared(
                new OneGatewayStore(clock),
                Evidence.NONE,
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                clock);
    }

    /** How fast the client has called so far, in its tools together. */
    public Standing standing(TenantLimits limits, Caller caller, String address) {
        int most = limits.callsPerMinute("");
        Standing known = ledger.standing(rate(caller, address, "rate"));
        return known == null || known.limit() != most ? fresh(most) : known;
    }

    private Standing fresh(int most) {
        Instant now = clock.instant();
        return new Standing(
                most,
                most,
                Math.max(1, Duration.between(now, Window.MINUTE.endOf(now)).toSeconds()));
    }

    /** Counts a call of this tool, whatever becomes of it. */
    public Paced pace(TenantLimits limits, Caller caller, String address, String tool) {
        return pace(
                rate(caller, address, limits.countsByItself(tool) ? "rate/" + tool : "rate"),
                limits.callsPerMinute(tool));
    }

    /** Counts a call that destroys; it was counted as a call before. */
    public Paced paceDestroying(TenantLimits limits, Caller caller, String address, String tool) {
        return pace(
                rate(
                        caller,
                        address,
                        limits.countsByItself(tool) ? "destroying/" + tool : "destroying"),
                limits.destroyingPerMinute(tool));
    }

    private Paced pace(AccountKey key, int most) {
        var limit = new Amounts(most, Amounts.UNLIMITED, Amounts.UNLIMITED);
        long until = System.nanoTime() + WAIT_MAX.toNanos();
        return switch (ledger.take(key, ONE_CALL, ONE_CALL, limit, until)) {
            case null -> new Paced.Crowded();
            case Taken.Held held -> {
                // a call that was made is made, also where it comes to nothing
                held.account().settle(held.lease(), held.amounts(), held.amounts());
                Standing now = ledger.standing(key);
                yield new Paced.Kept(now == null ? fresh(most) : now);
            }
            case Taken.Exhausted(_, var nanos) ->
                    new Paced.TooFast(
                            new Standing(
                                    most, 0, Math.max(1, Math.ceilDiv(nanos, 1_000_000_000L))));
            case Taken.InUse _ -> new Paced.TooFast(new Standing(most, 0, 1));
            case Taken.Away _, Taken.Closed _ -> new Paced.Unknown();
        };
    }

    private static AccountKey rate(Caller caller, String address, String allowance) {
        return new AccountKey(
                caller.tenant(),
                allowance,
                Window.MINUTE,
                network(address) + " " + caller.client());
    }

    /**
     * The address as it is counted. Whoever has an IPv6 address has a network of them (RFC 6177),
     * so the first half of it counts.
     */
    static String network(String address) {
        try {
            return InetAddress.ofLiteral(address) instanceof Inet6Address six
                    ? Arrays.toString(Arrays.copyOf(six.getAddress(), IPV6_NETWORK_BYTES))
                    : address;
        } catch (IllegalArgumentException e) {
            return address;
        }
    }

    /**
     * Reserves what the call may take of every budget that counts it.
     *
     * @param most what it may take at the most
     * @param within how much is left of the call's time, of which half may be waited
     */
    public Reserved reserve(
            TenantLimits limits,
            TenantId tenant,
            String subject,
            String tool,
            Limits most,
            Duration within) {
        List<Budget> budgets = limits.budgets(subject, tool);
        if (budgets.isEmpty()) {
            return new Reserved.Held(Reservation.NONE, most, List.of());
        }
        if (!ledger.durable()) {
            return new Reserved.Unknown();
        }
        long patience = Math.min(WAIT_MAX.toNanos(), within.toNanos() / 2);
        long until = System.nanoTime() + patience;
        List<Taken.Held> held = new ArrayList<>(budgets.size());
        List<Budget> lowered = new ArrayList<>();
        Limits left = most;
        for (Budget budget : budgets) {
            Amounts want = want(budget, left);
            Amounts least = want.atMost(new Amounts(1, 1, RESULT_BYTES_LEAST));
            AccountKey key = key(budget, tenant, subject);
            switch (ledger.take(key, least, want, limit(budget), until)) {
                case Taken.Held part -> {
                    held.add(part);
                    Limits now = lowered(budget, left, part.amounts());
                    if (!now.equals(left)) {
                        lowered.add(budget);
                        left = now;
                    }
                }
                case null -> {
                    new Reservation(held).giveBack();
                    return new Reserved.Crowded();
                }
                case Taken.Exhausted(var measure, var nanos) -> {
                    new Reservation(held).giveBack();
                    return new Reserved.Exhausted(
                            budget,
                            Amounts.MEASURES[measure],
                            Math.max(1, Math.ceilDiv(nanos, 1_000_000_000L)));
                }
                case Taken.InUse(var measure) -> {
                    new Reservation(held).giveBack();
                    return new Reserved.InUse(budget, Amounts.MEASURES[measure]);
                }
                case Taken.Away _, Taken.Closed _ -> {
                    new Reservation(held).giveBack();
                    return new Reserved.Unknown();
                }
            }
        }
        return new Reserved.Held(new Reservation(held), left, lowered);
    }

    /** How the budgets stand that count calls of this subject, of any tool. */
    public List<BudgetLeft> left(TenantLimits limits, TenantId tenant, String subject) {
        long until = System.nanoTime() + LOOK_WITHIN.toNanos();
        List<BudgetLeft> all = new ArrayList<>();
        for (Budget budget : limits.budgets(subject)) {
            Left left =
                    ledger.durable()
                            ? ledger.look(key(budget, tenant, subject), limit(budget), until)
                            : null;
            all.add(
                    left == null
                            ? new BudgetLeft(budget, Amounts.NONE, false, 1)
                            : new BudgetLeft(
                                    budget,
                                    left.amounts(),
                                    true,
                                    Math.max(1, Math.ceilDiv(left.nanosToEnd(), 1_000_000_000L))));
        }
        return all;
    }

    private static AccountKey key(Budget budget, TenantId tenant, String subject) {
        return new AccountKey(tenant, BUDGET + budget.name(), budget.window(), subject);
    }

    private static Amounts want(Budget budget, Limits most) {
        return new Amounts(
                budget.calls() == null ? 0 : 1,
                budget.rows() == null ? 0 : most.rowsMax(),
                budget.bytes() == null ? 0 : most.bytesMax());
    }

    private static Amounts limit(Budget budget) {
        return new Amounts(
                budget.calls() == null ? Amounts.UNLIMITED : budget.calls(),
                budget.rows() == null ? Amounts.UNLIMITED : budget.rows(),
                budget.bytes() == null ? Amounts.UNLIMITED : budget.bytes());
    }

    private static Limits lowered(Budget budget, Limits most, Amounts held) {
        return new Limits(
                budget.rows() == null ? most.rowsMax() : (int) held.rows(),
                budget.bytes() == null ? most.bytesMax() : (int) held.bytes(),
                most.timeoutMillis());
    }

    /** Accounts that are kept in memory now. */
    int size() {
        return ledger.size();
    }

    /** Gives back what was not used, and stops. */
    @Override
    public void close() {
        ledger.close();
    }
}
