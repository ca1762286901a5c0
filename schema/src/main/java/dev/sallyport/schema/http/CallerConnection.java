package dev.sallyport.schema.http;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * A connection whose caller may be neither slow for ever nor gone unnoticed.
 *
 * <p>The idle timeout counts anew with each byte, so a caller that sends or takes one now and then
 * would keep its connection. Here a header section and a body must arrive, and an answer must be
 * taken, within a time each that no byte extends, be it one of the content or not. Else the
 * connection is closed; a late body ends, so that its request can be answered. The server has no
 * such limits: its minimum data rates are settings that nothing reads (Jetty 12.1.12).
 *
 * <p>That the caller closed the connection can be told while its request is worked on and the
 * server reads nothing from it. That needs a read: a byte that comes by it, as of a further
 * request, is kept for the server, and while there is one nothing more is looked for.
 */
public final class CallerConnection extends SocketChannelEndPoint {

    static final String ATTRIBUTE = "connection";

    private final Times times;
    private final ByteBuffer early = ByteBuffer.allocate(1); // guarded by this, and all below
    private boolean closed;
    private boolean underway;
    private Due head;
    private Due body = Due.NEVER;
    private Due answer = Due.NEVER;

    /**
     * How long a caller may take.
     *
     * @param idle how long nothing may come where something is waited for
     * @param head how long a header section may take to arrive, from the first of its bytes or from
     *     the opening of the connection
     * @param answer how long an answer may take to be taken, once the caller does not take all of
     *     it
     */
    public record Times(Duration idle, Duration head, Duration answer) {}

    /** When something must have happened. */
    private record Due(boolean set, long nanoTime) {
        static final Due NEVER = new Due(false, 0);

        static Due in(Duration time) {
            return new Due(true, System.nanoTime() + time.toNanos());
        }

        long millisLeft() {
            return Math.ceilDiv(nanoTime - System.nanoTime(), 1_000_000L);
        }

        boolean passed() {
            return set && millisLeft() <= 0;
        }
    }

    CallerConnection(
            SocketChannel channel,
            ManagedSelector selector,
            SelectionKey key,
            Scheduler scheduler,
            Times times) {
        super(channel, selector, key, scheduler);
        this.times = times;
        this.head = Due.in(times.head());
        early.flip();
        setIdleTimeout(times.idle().toMillis());
    }

    /** The connection of a request that came by a {@link CallerConnector}. */
    public static CallerConnection of(HttpServletRequest request) {
        return (CallerConnection) Objects.requireNonNull(request.getAttribute(ATTRIBUTE));
    }

    /** A header section came whole. */
    synchronized void requestBegins() {
        underway = true;
        head = Due.NEVER;
        setIdleTimeout(times.idle().toMillis());
    }

    /** What is read from now on is a body, which ends for its reader when that time is over. */
    synchronized void bodyBegins(Duration within) {
        body = Due.in(within);
    }

    /** The body was read as far as it will be. */
    synchronized void bodyEnds() {
        body = Due.NEVER;
        setIdleTimeout(times.idle().toMillis());
    }

    /** The request was answered, or failed. */
    synchronized void requestEnds() {
        underway = false;
        body = Due.NEVER;
        answer = Due.NEVER;
        setIdleTimeout(times.idle().toMillis());
    }

    /**
     * Whether the caller sends nothing more, which in HTTP/1.1 is taken for its end (RFC 9112
     * section 9.6). Asked by the thread of the request, after its body was read.
     */
    public synchronized boolean isClosedByCaller() {
        if (closed || !isOpen()) {
            return true;
        }
        if (early.hasRemaining()) {
            return false;
        }
        early.clear();
        try {
            closed = getChannel().read(early) < 0;
        } catch (IOException e) {
            closed = true;
        } finally {
            early.flip();
        }
        return closed;
    }

    @Override
    public int fill(ByteBuffer buffer) throws IOException {
        int filled = filled(buffer);
        if (filled <= 0 || !isLate()) {
            return filled;
        }
        if (!isUnderway()) {
            close(new TimeoutException("a header section took too long"));
        }
        BufferUtil.clear(buffer);
        return -1;
    }

    private int filled(ByteBuffer buffer) throws IOException {
        synchronized (this) {
            if (early.hasRemaining() && BufferUtil.space(buffer) > 0) {
                int position = BufferUtil.flipToFill(buffer);
                buffer.put(early);
                BufferUtil.flipToFlush(buffer, position);
                notIdle();
                return 1;
            }
        }
        return super.fill(buffer);
    }

    /** A byte came. Of a header section the first one begins its time. */
    private synchronized boolean isLate() {
        if (underway) {
            return body.passed();
        }
        if (!head.set()) {
            head = Due.in(times.head());
        }
        return head.passed();
    }

    private synchronized boolean isUnderway() {
        return underway;
    }

    @Override
    protected void needsFillInterest() {
        boolean already;
        synchronized (this) {
            already = early.hasRemaining();
            Due due = underway ? body : head;
            if (due.set()) {
                waitUntil(due);
            }
        }
        if (already) {
            // the selector waits for what the system holds, and this byte is here
            Thread.startVirtualThread(getFillInterest()::fillable);
        } else {
            super.needsFillInterest();
        }
    }

    @Override
    protected void onIncompleteFlush() {
        boolean late;
        synchronized (this) {
            if (!answer.set()) {
                answer = Due.in(times.answer());
                notIdle();
            }
            late = answer.passed();
            if (!late) {
                waitUntil(answer);
            }
        }
        if (late) {
            close(new TimeoutException("an answer was taken too slowly"));
        } else {
            super.onIncompleteFlush();
        }
    }

    private void waitUntil(Due due) {
        setIdleTimeout(Math.clamp(due.millisLeft(), 1, times.idle().toMillis()));
    }

    @Override
    protected void onIdleExpired(TimeoutException timeout) {
        boolean late;
        synchronized (this) {
            late = underway ? answer.passed() : head.passed();
        }
        if (late) {
            close(timeout);
        } else {
            super.onIdleExpired(timeout);
        }
    }
}
