package dev.sallyport.schema.http;

import dev.sallyport.schema.share.Shares;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.util.IO;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections that are open at once, of which every address has a share that others cannot take
 * ({@link Shares}). One that is above its share is closed before a byte of it is read.
 */
public final class Connections implements SelectorManager.AcceptListener {

    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
    private static final long BETWEEN_LOG_LINES_NANOS = Duration.ofSeconds(10).toNanos();

    /** Who has one IPv6 address most often has all of its network (RFC 6177). */
    private static final int IPV6_NETWORK_BYTES = 8;

    private final Shares<String> shares;
    private final Map<SelectableChannel, String> open = new ConcurrentHashMap<>();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong lastLogLine =
            new AtomicLong(System.nanoTime() - BETWEEN_LOG_LINES_NANOS);

    /** None is open. */
    public Connections(int connectionsMax) {
        this.shares = new Shares<>(connectionsMax);
    }

    /** How many are open. */
    public long open() {
        return shares.taken();
    }

    /** How many were closed at once, since the start. */
    public long refused() {
        return refused.get();
    }

    @Override
    public void onAccepting(SelectableChannel channel) {
        String network = network(channel);
        if (shares.take(List.of(network), 1) == Shares.Answer.GRANTED) {
            open.put(channel, network);
            return;
        }
        IO.close(channel);
        long soFar = refused.incrementAndGet();
        long last = lastLogLine.get();
        long now = System.nanoTime();
        if (now - last >= BETWEEN_LOG_LINES_NANOS && lastLogLine.compareAndSet(last, now)) {
            LOG.atWarn()
                    .addKeyValue("network", network)
                    .addKeyValue("open", shares.taken())
                    .addKeyValue("refusedSinceStart", soFar)
                    .log(
                            "connections are refused: as many are open as may be, or as the address may have");
        }
    }

    @Override
    public void onAcceptFailed(SelectableChannel channel, Throwable cause) {
        ended(channel);
    }

    @Override
    public void onClosed(SelectableChannel channel) {
        ended(channel);
    }

    private void ended(SelectableChannel channel) {
        String network = open.remove(channel);
        if (network != null) {
            shares.giveBack(List.of(network), 1);
        }
    }

    private static String network(SelectableChannel channel) {
        try {
            return channel instanceof SocketChannel socket
                            && socket.getRemoteAddress() instanceof InetSocketAddress remote
                    ? network(remote.getAddress())
                    : "unknown";
        } catch (IOException e) {
            // it was closed in the meantime
            return "unknown";
        }
    }

    static String network(InetAddress address) {
        return address instanceof Inet6Address
                ? HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), IPV6_NETWORK_BYTES))
                : address.getHostAddress();
    }
}
