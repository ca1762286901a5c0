package dev.sallyport.embedded;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.codelibs.opensearch.runner.node.OpenSearchRunnerNode;
import org.jspecify.annotations.Nullable;
import org.opensearch.action.admin.cluster.health.ClusterHealthResponse;
import org.opensearch.analysis.common.CommonAnalysisModulePlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.unit.TimeValue;
import org.opensearch.index.mapper.MapperExtrasModulePlugin;
import org.opensearch.index.reindex.ReindexModulePlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.node.NodeValidationException;
import org.opensearch.painless.PainlessModulePlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.transport.Netty4ModulePlugin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One real OpenSearch node in this JVM, a cluster by itself, listening on 127.0.0.1 without TLS or
 * login. It has the analysis, painless, mapper-extras and reindex modules, and none of the
 * separately published plugins (security, index management, alerting).
 */
public final class EmbeddedOpenSearch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedOpenSearch.class);

    private static final String LOOPBACK = "127.0.0.1";
    // After a kill, large indices replay their transaction logs first.
    private static final TimeValue READY_MAX = TimeValue.timeValueSeconds(60);
    private static final long STOP_SECONDS_MAX = 20;

    private static final List<Class<? extends Plugin>> MODULES =
            List.of(
                    Netty4ModulePlugin.class,
                    CommonAnalysisModulePlugin.class,
                    PainlessModulePlugin.class,
                    MapperExtrasModulePlugin.class,
                    ReindexModulePlugin.class);

    static {
        // Netty takes its number of processors once a JVM; the OAuth server and clients have Netty
        // too, and OpenSearch
        // fails where another came first.
        System.setProperty("opensearch.set.netty.runtime.available.processors", "false");
    }

    private final FolderLock lock;
    private final int httpPort;
    private final int transportPort;
    private @Nullable Node node;
    private boolean closed;

    private EmbeddedOpenSearch(FolderLock lock) {
        this.lock = lock;
        RememberedPorts ports = new RememberedPorts(lock.folder());
        this.httpPort = ports.port("opensearch");
        this.transportPort = ports.port("opensearch-transport");
    }

    /**
     * Starts a node whose data lie in this folder, and returns when every index can be searched.
     *
     * @throws EmbeddedException when the folder is in use, or the node does not start
     */
    public static EmbeddedOpenSearch start(Path dataFolder) {
        FolderLock lock = FolderLock.take(dataFolder);
        try {
            EmbeddedOpenSearch search = new EmbeddedOpenSearch(lock);
            search.startAgain();
            return search;
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /** The address of the HTTP API; the same through {@link #stop} and {@link #startAgain}. */
    public URI uri() {
        return URI.create("http://%s:%d".formatted(LOOPBACK, httpPort));
    }

    /** Whether the node runs. */
    public synchronized boolean isRunning() {
        return node != null;
    }

    /** Starts the stopped node on the same port and folder; does nothing when it runs. */
    public synchronized void startAgain() {
        if (closed) {
            throw new EmbeddedException(
                    EmbeddedException.Code.STOPPED,
                    "this node is closed: call EmbeddedOpenSearch.start for a new one");
        }
        if (node != null) {
            return;
        }
        Node starting = null;
        try {
            Path config = Files.createDirectories(lock.folder().resolve("config"));
            starting =
                    new OpenSearchRunnerNode(
                            InternalSettingsPreparer.prepareEnvironment(
                                    settings(), Map.of(), config, () -> "embedded"),
                            MODULES);
            starting.start();
            awaitSearchable(starting);
            node = starting;
        } catch (IOException | NodeValidationException | RuntimeException e) {
            if (starting != null) {
                stop(starting);
            }
            throw e instanceof EmbeddedException ours
                    ? ours
                    : new EmbeddedException(
                            EmbeddedException.Code.NOT_READY,
                            "OpenSearch in %s did not start: %s".formatted(lock.folder(), e),
                            e);
        }
        LOG.atInfo().addKeyValue("address", uri()).log("opensearch ready");
    }

    /** Stops the node and keeps its folder and port for {@link #startAgain}. */
    public synchronized void stop() {
        Node running = node;
        if (running != null) {
            node = null;
            stop(running);
        }
    }

    /** Stops the node and gives the folder back. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            stop();
        } finally {
            lock.close();
        }
    }

    private Settings settings() {
        return Settings.builder()
                .put("cluster.name", "sallyport")
                .put("node.name", "embedded")
                .put("path.home", lock.folder().toString())
                .put("path.data", lock.folder().resolve("data").toString())
                .put("path.logs", lock.folder().resolve("logs").toString())
                .put("discovery.type", "single-node")
                .put("network.host", LOOPBACK)
                .put("http.port", httpPort)
                .put("transport.port", transportPort)
                // A lone node can hold no second copy, and would stay yellow for ever.
                .put("cluster.default_number_of_replicas", 0)
                // A full laptop disk must not make the demo read-only.
                .put("cluster.routing.allocation.disk.threshold_enabled", false)
                .put("action.destructive_requires_name", true)
                .build();
    }

    private void awaitSearchable(Node starting) {
        ClusterHealthResponse health =
                starting.client()
                        .admin()
                        .cluster()
                        .prepareHealth()
                        .setWaitForYellowStatus()
                        .setTimeout(READY_MAX)
                        .get();
        if (health.isTimedOut()) {
            throw new EmbeddedException(
                    EmbeddedException.Code.NOT_READY,
                    "OpenSearch in %s was still %s after %s"
                            .formatted(lock.folder(), health.getStatus(), READY_MAX));
        }
    }

    private static void stop(Node running) {
        try {
            running.close();
            if (!running.awaitClose(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                LOG.atWarn()
                        .addKeyValue("seconds", STOP_SECONDS_MAX)
                        .log("opensearch still closes");
            }
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.STOPPED,
                    "OpenSearch did not stop cleanly: " + e.getMessage(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
