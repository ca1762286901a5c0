package dev.sallyport.executor.intake;

import dev.sallyport.executor.intake.Progress.State;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which calls of one partition are settled. Calls settle in any order; what may be committed is the
 * offset of the oldest unsettled one, so that a crash delivers again whatever had not settled. What
 * is known of the calls above it is committed with it ({@link Progress}).
 */
final class Offsets {
    /** The calls that are under way here, and whether each is decided. */
    private final TreeMap<Long, Boolean> open = new TreeMap<>();

    /** What the owners before have noted. */
    private Progress before;

    private long freshFrom = Long.MAX_VALUE;
    private long next = -1;
    private Mark committed = new Mark(-1, "");
    private boolean lost;

    /**
     * What is committed.
     *
     * @param offset the oldest that is not settled
     * @param metadata a {@link Progress}
     */
    record Mark(long offset, String metadata) {}

    Offsets(Progress before) {
        this.before = before;
    }

    /**
     * The log ended here after the partition had come. What the owners before noted is of offsets
     * below, and from here on they have begun no write.
     */
    synchronized void cameAt(long end) {
        before = before.until(end);
        freshFrom = end;
    }

    /** A call was delivered; offsets grow, though not always by one. Empty: it settled before. */
    synchronized Optional<Past> opened(long offset) {
        if (offset < next) {
            throw new IllegalArgumentException(
                    "offsets grow: " + offset + " came after " + (next - 1));
        }
        next = offset + 1;
        State state = before.of(offset);
        if (state == State.SETTLED) {
            return Optional.empty();
        }
        open.put(offset, state == State.DECIDED);
        if (state == State.DECIDED) {
            return Optional.of(Past.MAY_HAVE_BEEN_TOLD);
        }
        return Optional.of(offset < freshFrom ? Past.MAY_HAVE_RUN : Past.NONE);
    }

    /** Its caller may be told that it was not done, once this is committed. */
    synchronized void decided(long offset) {
        if (open.replace(offset, true) == null) {
            throw new IllegalArgumentException("no call is under way at offset " + offset);
        }
    }

    synchronized void settled(long offset) {
        if (open.remove(offset) == null) {
            throw new IllegalArgumentException("no call is under way at offset " + offset);
        }
    }

    /** What to commit, where it is another than the one before. */
    synchronized Optional<Mark> toCommit() {
        if (next < 0) {
            return Optional.empty();
        }
        Mark mark = mark();
        return mark.equals(committed) ? Optional.empty() : Optional.of(mark);
    }

    /** What to commit though it may be the same as before; there must have been a call. */
    synchronized Mark mark() {
        if (next < 0) {
            throw new IllegalStateException("nothing was delivered");
        }
        long oldest = open.isEmpty() ? next : open.firstKey();
        Progress.Builder progress = new Progress.Builder();
        long at = oldest;
        for (var call : open.entrySet()) {
            if (call.getKey() > at) {
                progress.add(at, State.SETTLED);
            }
            progress.add(call.getKey(), call.getValue() ? State.DECIDED : State.OPEN);
            at = call.getKey() + 1;
        }
        if (at < next) {
            progress.add(at, State.SETTLED);
        }
        return new Mark(oldest, progress.addFrom(next, before).build().text(oldest));
    }

    synchronized void committed(Mark mark) {
        committed = mark;
    }

    /** The partition is another executor's. */
    synchronized void lose() {
        lost = true;
    }

    synchronized boolean isLost() {
        return lost;
    }

    synchronized int unsettled() {
        return open.size();
    }
}
