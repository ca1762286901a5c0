package dev.sallyport.schema.http;

import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** Accepts connections that have their times ({@link CallerConnection}) and their shares. */
public final class CallerConnector extends ServerConnector {
    private final CallerConnection.Times times;

    /**
     * @param connections bounds how many there are
     */
    public CallerConnector(
            Server jetty,
            HttpConfiguration http,
            CallerConnection.Times times,
            Connections connections) {
        super(jetty, new HttpConnectionFactory(telling(http)));
        this.times = times;
        addBean(connections);
        setIdleTimeout(times.idle().toMillis());
    }

    @Override
    protected SocketChannelEndPoint newEndPoint(
            SocketChannel channel, ManagedSelector selector, SelectionKey key) {
        return new CallerConnection(channel, selector, key, getScheduler(), times);
    }

    private static HttpConfiguration telling(HttpConfiguration http) {
        http.addCustomizer((request, _) -> begun(request));
        return http;
    }

    /** Tells the connection when a request begins and ends, and the request its connection. */
    private static Request begun(Request request) {
        var connection =
                (CallerConnection) request.getConnectionMetaData().getConnection().getEndPoint();
        connection.requestBegins();
        request.setAttribute(CallerConnection.ATTRIBUTE, connection);
        request.addHttpStreamWrapper(stream -> new Told(stream, connection));
        return request;
    }

    /** Tells the connection of the end before the server reads on. */
    private static final class Told extends HttpStream.Wrapper {
        private final CallerConnection connection;

        Told(HttpStream stream, CallerConnection connection) {
            super(stream);
            this.connection = connection;
        }

        @Override
        public void succeeded() {
            connection.requestEnds();
            super.succeeded();
        }

        @Override
        public void failed(Throwable failure) {
            connection.requestEnds();
            super.failed(failure);
        }
    }
}
