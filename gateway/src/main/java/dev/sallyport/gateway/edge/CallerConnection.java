package dev.sallyport.gateway.edge;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * A connection of which can be told that the caller closed it, while its request is worked on and
 * the server reads nothing from it. That needs a read: a byte that comes by it, as of a further
 * request, is kept for the server, and while there is one nothing more is looked for.
 */
final class CallerConnection extends SocketChannelEndPoint {

    private final ByteBuffer early = ByteBuffer.allocate(1); // guarded by this
    private boolean closed; // guarded by this

    CallerConnection(
            SocketChannel channel,
            ManagedSelector selector,
            SelectionKey key,
            Scheduler scheduler) {
        super(channel, selector, key, scheduler);
        early.flip();
    }

    /**
     * Whether the caller sends nothing more, which in HTTP/1.1 is taken for its end (RFC 9112
     * section 9.6). Asked by the thread of the request, after its body was read.
     */
    synchronized boolean isClosedByCaller() {
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

    @Override
    protected void needsFillInterest() {
        boolean already;
        synchronized (this) {
            already = early.hasRemaining();
        }
        if (already) {
            // the selector waits for what the system holds, and this byte is here
            Thread.startVirtualThread(getFillInterest()::fillable);
        } else {
            super.needsFillInterest();
        }
    }
}
