package dev.sallyport.audit.access;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.share.Shares;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bounds of what is read at once. As many requests ask the database as it has connections that
 * the log's own writing does not need, and so much heap is taken by answers that their readers have
 * not taken yet. Of both everybody has a share that others cannot take ({@link Shares}): each
 * tenant, and all those together who read without a token.
 *
 * <p>Whoever has its share already waits a moment, and is turned away then; so is whoever comes
 * when too many wait.
 */
public final class ReadingPlaces {
    private static final Logger LOG = LoggerFactory.getLogger(ReadingPlaces.class);

    /** An answer, and what was made on the way to it. */
    static final int HEAP_PER_ANSWER_BYTE = 2;

    private static final long ANSWERS_BYTES_MAX = 128L << 20;
    private static final int WAITING_MAX = 128;
    private static final Duration WAIT = Duration.ofSeconds(2);
    private static final String PUBLIC = "";

    private final Shares<String> asking;
    private final Shares<String> waiting = new Shares<>(WAITING_MAX);
    private final Shares<String> answers = new Shares<>(ANSWERS_BYTES_MAX);
    private final Duration wait;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition left = lock.newCondition();

    /**
     * Nobody reads yet.
     *
     * @param askingMax requests that ask the database at once
     */
    public ReadingPlaces(int askingMax) {
        this(askingMax, WAIT);
    }

    ReadingPlaces(int askingMax, Duration wait) {
        this.asking = new Shares<>(askingMax);
        this.wait = wait;
    }

    /**
     * Answers a request: reads in a place, and then writes what was read, which the reader may take
     * as slowly as the connection allows.
     *
     * @param tenant whose share counts; none for what anybody may read
     * @param reading gives the body; the answer's header is set by then
     * @throws AuditException {@code overloaded}, {@code tenant_busy}: then nothing was read, or not
     *     written
     */
    public void answer(Context ctx, Optional<TenantId> tenant, Supplier<byte[]> reading) {
        var holder = List.of(tenant.map(TenantId::value).orElse(PUBLIC));
        byte[] body = read(holder, reading);
        long heap = (long) HEAP_PER_ANSWER_BYTE * body.length;
        requireGranted(answers.take(holder, heap));
        try {
            var response = ctx.res();
            response.setContentLength(body.length);
            response.getOutputStream().write(body);
        } catch (IOException gone) {
            LOG.atDebug().setCause(gone).log("the reader went before the end");
        } finally {
            answers.giveBack(holder, heap);
        }
    }

    /** Reads when there is a place. */
    byte[] read(List<String> holder, Supplier<byte[]> reading) {
        enter(holder);
        try {
            return reading.get();
        } finally {
            lock.lock();
            try {
                asking.giveBack(holder, 1);
                left.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void enter(List<String> holder) {
        lock.lock();
        try {
            if (asking.take(holder, 1) == Shares.Answer.GRANTED) {
                return;
            }
            requireGranted(waiting.take(holder, 1));
            try {
                requireGranted(awaited(holder));
            } finally {
                waiting.giveBack(holder, 1);
            }
        } finally {
            lock.unlock();
        }
    }

    /** What the last try came to. */
    private Shares.Answer awaited(List<String> holder) {
        long nanos = wait.toNanos();
        var answer = Shares.Answer.ABOVE_SHARE;
        while (answer != Shares.Answer.GRANTED && nanos > 0) {
            try {
                nanos = left.awaitNanos(nanos);
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
                return Shares.Answer.EXHAUSTED;
            }
            answer = asking.take(holder, 1);
        }
        return answer;
    }

    private static void requireGranted(Shares.Answer answer) {
        switch (answer) {
            case GRANTED -> {}
            case EXHAUSTED ->
                    throw new AuditException(
                            AuditProblem.OVERLOADED,
                            "the service answers as many requests as it can: try again");
            case ABOVE_SHARE ->
                    throw new AuditException(
                            AuditProblem.TENANT_BUSY,
                            "as many requests are under way as your organisation's share allows: wait for one to end and try again");
        }
    }
}
