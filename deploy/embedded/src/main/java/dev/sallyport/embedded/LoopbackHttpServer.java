package dev.sallyport.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import kotlin.jvm.functions.Function1;
import no.nav.security.mock.oauth2.http.OAuth2HttpRequest;
import no.nav.security.mock.oauth2.http.OAuth2HttpResponse;
import no.nav.security.mock.oauth2.http.OAuth2HttpServer;
import no.nav.security.mock.oauth2.http.Ssl;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP side of the OAuth server, on the JDK's own: unlike the two that the server brings along,
 * its port is free as soon as it is stopped, it keeps no record of every request, and its address
 * does not follow the caller's Host header, so that a tenant has one issuer. Pages from this
 * machine may call it and read what it answers (CORS); pages from elsewhere may not call it at all,
 * for it gives a token to anyone who does.
 */
final class LoopbackHttpServer implements OAuth2HttpServer {

    private static final Logger LOG = LoggerFactory.getLogger(LoopbackHttpServer.class);

    private static final int BODY_BYTES_MAX = 65_536;
    private static final int BACKLOG = 100;
    private static final Set<String> ADDRESS_HEADERS =
            Set.of("host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-host");

    private @Nullable HttpServer server;

    @Override
    public OAuth2HttpServer start(
            Function1<? super OAuth2HttpRequest, OAuth2HttpResponse> handler) {
        return start(0, handler);
    }

    @Override
    public OAuth2HttpServer start(
            int port, Function1<? super OAuth2HttpRequest, OAuth2HttpResponse> handler) {
        return start(InetAddress.getLoopbackAddress(), port, handler);
    }

    @Override
    public OAuth2HttpServer start(
            InetAddress address,
            int port,
            Function1<? super OAuth2HttpRequest, OAuth2HttpResponse> handler) {
        try {
            HttpServer starting = HttpServer.create(new InetSocketAddress(address, port), BACKLOG);
            starting.createContext("/", exchange -> answer(exchange, handler));
            starting.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            starting.start();
            server = starting;
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public OAuth2HttpServer stop() {
        HttpServer running = server;
        if (running != null) {
            server = null;
            running.stop(0);
        }
        return this;
    }

    @Override
    public void close() {
        stop();
    }

    @Override
    public int port() {
        return address().getPort();
    }

    @Override
    public HttpUrl url(String path) {
        HttpUrl base =
                new HttpUrl.Builder()
                        .scheme("http")
                        .host(address().getAddress().getHostAddress())
                        .port(port())
                        .build();
        HttpUrl url = base.resolve(path);
        if (url == null) {
            throw new IllegalArgumentException("not a path: " + path);
        }
        return url;
    }

    @Override
    public @Nullable Ssl sslConfig() {
        return null;
    }

    private InetSocketAddress address() {
        HttpServer running = server;
        if (running == null) {
            throw new IllegalStateException("the server is stopped");
        }
        return running.getAddress();
    }

    private void answer(
            HttpExchange exchange, Function1<? super OAuth2HttpRequest, OAuth2HttpResponse> handler)
            throws IOException {
        try (exchange) {
            String origin = exchange.getRequestHeaders().getFirst("Origin");
            boolean page = origin != null && CodeLogin.isLoopback(origin);
            if ((origin != null && !page) || isOfAnotherPlace(exchange.getRequestHeaders())) {
                exchange.sendResponseHeaders(403, -1);
                return;
            }
            if (page) {
                var headers = exchange.getResponseHeaders();
                headers.set("Access-Control-Allow-Origin", origin);
                headers.set("Access-Control-Allow-Headers", "*, Authorization");
                headers.set("Vary", "Origin");
            }
            if (page && exchange.getRequestMethod().equals("OPTIONS")) {
                exchange.sendResponseHeaders(204, -1);
                return;
            }
            byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX + 1);
            if (body.length > BODY_BYTES_MAX) {
                exchange.sendResponseHeaders(413, -1);
                return;
            }
            OAuth2HttpResponse response;
            try {
                response =
                        handler.invoke(
                                new OAuth2HttpRequest(
                                        headers(exchange),
                                        exchange.getRequestMethod(),
                                        url(exchange.getRequestURI().toString()),
                                        new String(body, UTF_8)));
            } catch (RuntimeException e) {
                LOG.atWarn()
                        .addKeyValue("path", exchange.getRequestURI().getPath())
                        .setCause(e)
                        .log("request failed");
                exchange.sendResponseHeaders(400, -1);
                return;
            }
            send(exchange, response);
        }
    }

    /**
     * Whether a page of another place sent this: by a name of its own that it let point to this
     * machine (DNS rebinding), or by what a browser fetches without an {@code Origin}, such as
     * images (Fetch Metadata). A person that it leads here by a link is one that signs in.
     */
    private static boolean isOfAnotherPlace(com.sun.net.httpserver.Headers headers) {
        String host = headers.getFirst("Host");
        boolean elsewhere = host == null || !CodeLogin.isLoopback("http://" + host);
        boolean fetched =
                "cross-site".equals(headers.getFirst("Sec-Fetch-Site"))
                        && !"navigate".equals(headers.getFirst("Sec-Fetch-Mode"))
                        && headers.getFirst("Origin") == null;
        return elsewhere || fetched;
    }

    private static Headers headers(HttpExchange exchange) {
        Headers.Builder headers = new Headers.Builder();
        for (Map.Entry<String, List<String>> header : exchange.getRequestHeaders().entrySet()) {
            if (ADDRESS_HEADERS.stream().noneMatch(header.getKey()::equalsIgnoreCase)) {
                header.getValue().forEach(value -> headers.add(header.getKey(), value));
            }
        }
        return headers.build();
    }

    private static void send(HttpExchange exchange, OAuth2HttpResponse response)
            throws IOException {
        // the server's own CORS answers let pages of any origin read tokens
        response.getHeaders()
                .toMultimap()
                .forEach((name, values) -> {
                    if (!name.toLowerCase(Locale.ROOT).startsWith("access-control-")) {
                        exchange.getResponseHeaders().put(name, values);
                    }
                });
        String text = response.getBody();
        byte[] bytes = response.getBytesBody();
        byte[] body = text != null ? text.getBytes(UTF_8) : bytes != null ? bytes : new byte[0];
        exchange.sendResponseHeaders(response.getStatus(), body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }
}
