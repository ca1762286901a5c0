package dev.sallyport.gateway.limit;

/**
 * What this gateway may use of an account in one window. Totals only grow; what is neither used,
 * returned nor reserved is free. Not safe for use by several threads: its account guards it.
 */
final class Lease {

    final long id;
    private Amounts under = Amounts.NONE;
    private Amounts granted = Amounts.NONE;
    private Amounts used;
    private Amounts returned;
    private Amounts reserved = Amounts.NONE;
    private long usableUntil;
    private long windowEnds;

    /**
     * The lease of this gateway in the window of the answer, which may be an earlier one of its own
     * that was settled.
     */
    Lease(Granted first) {
        this.id = first.lease();
        this.used = first.used();
        this.returned = first.returned();
    }

    /**
     * Takes in what the store said.
     *
     * @param limit under which it was granted; under another one nothing of it is used
     * @param asked by {@link System#nanoTime}, before the store was asked: its clock counts from
     *     there, so that no lease is used longer than the store thinks
     */
    void extend(Granted answer, Amounts limit, long asked, long leaseNanos) {
        under = limit;
        granted = answer.granted();
        windowEnds = asked + answer.endsInMillis() * 1_000_000;
        usableUntil = Math.min(asked + leaseNanos, windowEnds);
    }

    boolean isUnder(Amounts limit) {
        return under.equals(limit);
    }

    boolean isUsable(long now) {
        return now - usableUntil < 0;
    }

    boolean isOver(long now) {
        return now - windowEnds >= 0;
    }

    long nanosUsable(long now) {
        return usableUntil - now;
    }

    long nanosToEnd(long now) {
        return windowEnds - now;
    }

    Amounts free() {
        return granted.minus(used).minus(returned).minus(reserved);
    }

    Amounts granted() {
        return granted;
    }

    Amounts used() {
        return used;
    }

    Amounts returned() {
        return returned;
    }

    Amounts reserved() {
        return reserved;
    }

    void reserve(Amounts amounts) {
        reserved = reserved.plus(amounts);
    }

    /** Of what was reserved that much was used; the rest is free again. */
    void settle(Amounts reservation, Amounts use) {
        reserved = reserved.minus(reservation);
        used = used.plus(use);
    }

    /** What is free belongs to the store again. */
    void giveBack(Amounts amounts) {
        returned = returned.plus(amounts);
    }
}
