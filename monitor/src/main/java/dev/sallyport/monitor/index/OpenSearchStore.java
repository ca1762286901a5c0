package dev.sallyport.monitor.index;

import dev.sallyport.monitor.fault.MonitorException;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.util.Timeout;
import org.opensearch.client.opensearch.generic.Body;
import org.opensearch.client.opensearch.generic.OpenSearchGenericClient;
import org.opensearch.client.opensearch.generic.Request;
import org.opensearch.client.opensearch.generic.Requests;
import org.opensearch.client.opensearch.generic.Response;
import org.opensearch.client.transport.OpenSearchTransport;
import org.opensearch.client.transport.httpclient5.ApacheHttpClient5TransportBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Documents in OpenSearch. Its templates are put in place before the first document, so that no
 * index is ever made by guessing from a document.
 */
final class OpenSearchStore implements DocumentStore {
    private static final Logger LOG = LoggerFactory.getLogger(OpenSearchStore.class);
    private static final Map<String, String> TEMPLATES =
            Map.of(
                    "sallyport-calls",
                    "calls.template.json",
                    "sallyport-alerts",
                    "alerts.template.json",
                    "sallyport-refused",
                    "refused.template.json");

    /** The answer tells of each document its status and nothing that we know. */
    private static final String BULK =
            "/_bulk?filter_path=items.create.status,items.create.error.type,items.create.error.reason";

    /** A request is sent when it has this size: far below what a server takes (100 MB). */
    private static final int BULK_BYTES = 5_000_000;

    /** What is wrong with an index or the cluster and not with the document. */
    private static final Set<String> NOT_THE_DOCUMENT =
            Set.of(
                    "validation_exception",
                    "cluster_block_exception",
                    "invalid_index_name_exception");

    /** What an illegal argument says that is the index's and not the document's. */
    private static final String NO_PIPELINE = "pipeline with id";

    private static final int MALFORMED = 400;
    private static final int CONFLICT = 409;
    private static final int WHY_CHARS_MAX = 300;

    private final OpenSearchTransport transport;
    private final OpenSearchGenericClient client;
    private boolean prepared;

    private OpenSearchStore(OpenSearchTransport transport) {
        this.transport = transport;
        this.client = new OpenSearchGenericClient(transport);
    }

    static OpenSearchStore connect(OpenSearchSettings settings, Secrets secrets) {
        URI url = settings.url();
        HttpHost host = new HttpHost(url.getScheme(), url.getHost(), url.getPort());
        Timeout timeout = Timeout.of(settings.requestTimeout());
        ApacheHttpClient5TransportBuilder builder =
                ApacheHttpClient5TransportBuilder.builder(host)
                        .setDefaultHeaders(credentials(settings, secrets))
                        .setConnectionConfigCallback(config -> config.setConnectTimeout(timeout))
                        .setRequestConfigCallback(config -> config.setResponseTimeout(timeout));
        String path = url.getPath();
        if (!path.isEmpty() && !path.equals("/")) {
            builder.setPathPrefix(path);
        }
        return new OpenSearchStore(builder.build());
    }

    private static Header[] credentials(OpenSearchSettings settings, Secrets secrets) {
        SecretReference password = settings.password();
        if (password == null) {
            return new Header[0];
        }
        String pair = settings.user() + ":" + secrets.resolve(password).value();
        String encoded = Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
        return new Header[] {new BasicHeader("Authorization", "Basic " + encoded)};
    }

    @Override
    public List<Creation> create(List<Document> documents) {
        prepare();
        List<Creation> creations = new ArrayList<>(documents.size());
        Bulk bulk = new Bulk();
        for (Document document : documents) {
            bulk.add(document);
            if (bulk.bytes() >= BULK_BYTES) {
                send(bulk, creations);
                bulk = new Bulk();
            }
        }
        if (bulk.bytes() > 0) {
            send(bulk, creations);
        }
        if (creations.size() != documents.size()) {
            throw new MonitorException(
                    "index_unavailable",
                    "OpenSearch answered for "
                            + creations.size()
                            + " of "
                            + documents.size()
                            + " documents");
        }
        return creations;
    }

    private void send(Bulk bulk, List<Creation> creations) {
        JsonNode answer = ask("POST", BULK, "application/x-ndjson", bulk.toBytes());
        for (JsonNode item : answer.path("items")) {
            creations.add(creation(item.path("create")));
        }
    }

    private void prepare() {
        if (prepared) {
            return;
        }
        TEMPLATES.forEach((name, file) ->
                ask("PUT", "/_index_template/" + name, "application/json", resource(file)));
        prepared = true;
        LOG.atInfo()
                .addKeyValue("templates", TEMPLATES.keySet())
                .log("index templates are in place");
    }

    private static Creation creation(JsonNode item) {
        int status = item.path("status").asInt(0);
        // the reason may quote the value
        String why = item.path("error").path("type").asString("status " + status);
        if (status >= 200 && status < 300) {
            return new Creation.Created();
        }
        if (status == CONFLICT) {
            return new Creation.AlreadyThere();
        }
        // a missing right, a missing index or a write block (403, 404) passes; the document stays
        return status == MALFORMED
                        && !NOT_THE_DOCUMENT.contains(why)
                        && !item.path("error").path("reason").asString("").startsWith(NO_PIPELINE)
                ? new Creation.Refused(why)
                : new Creation.Busy(why);
    }

    /**
     * Sends and reads the answer; anything but a success means that OpenSearch is of no use at the
     * moment.
     */
    private JsonNode ask(String method, String path, String contentType, byte[] content) {
        Request request =
                Requests.builder()
                        .method(method)
                        .endpoint(path)
                        .body(Body.from(content, contentType))
                        .build();
        try (Response response = client.execute(request)) {
            byte[] body = response.getBody().map(Body::bodyAsBytes).orElse(new byte[0]);
            if (response.getStatus() >= 300) {
                throw new MonitorException(
                        "index_unavailable",
                        "OpenSearch answered "
                                + method
                                + " "
                                + path
                                + " with "
                                + response.getStatus()
                                + ": "
                                + shortened(new String(body, StandardCharsets.UTF_8)));
            }
            return Json.mapper().readTree(body);
        } catch (IOException | UncheckedIOException | JacksonException e) {
            throw new MonitorException(
                    "index_unavailable", "OpenSearch did not answer " + method + " " + path, e);
        }
    }

    private static byte[] resource(String file) {
        try (InputStream in = OpenSearchStore.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("not on the class path: " + file);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String shortened(String text) {
        return text.length() <= WHY_CHARS_MAX ? text : text.substring(0, WHY_CHARS_MAX) + "...";
    }

    @Override
    public void close() {
        try {
            transport.close();
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("the connections to OpenSearch did not close cleanly");
        }
    }
}
