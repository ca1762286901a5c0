package dev.sallyport.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One real Kafka broker in this JVM: KRaft, broker and controller in one, listening on 127.0.0.1
 * without TLS.
 *
 * <p>Settings are for a laptop with two cores: transactions, compaction and consumer groups work
 * with one replica, and topics are created only when asked for.
 */
public final class EmbeddedKafka implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedKafka.class);

    private static final String LOOPBACK = "127.0.0.1";
    private static final String CLIENTS = "CLIENTS";
    private static final String CONTROLLER = "CONTROLLER";
    private static final int NODE_ID = 1;
    private static final Duration SESSION_AFTER_KILL = Duration.ofSeconds(4);

    /** Eight of them may be late before the broker is fenced, and its coordinators resign. */
    private static final Duration HEARTBEAT_AFTER_KILL = Duration.ofMillis(500);

    private final FolderLock lock;
    private final int clientsPort;
    private final int controllerPort;
    private @Nullable KafkaRaftServer server;
    private boolean closed;

    private EmbeddedKafka(FolderLock lock, int clientsPort, int controllerPort) {
        this.lock = lock;
        this.clientsPort = clientsPort;
        this.controllerPort = controllerPort;
    }

    /**
     * Starts a broker whose data lie in this folder, and returns when it answers clients.
     *
     * @throws EmbeddedException when the folder is in use, or the broker does not start
     */
    public static EmbeddedKafka start(Path dataFolder) {
        FolderLock lock = FolderLock.take(dataFolder);
        try {
            RememberedPorts ports = new RememberedPorts(lock.folder());
            EmbeddedKafka kafka =
                    new EmbeddedKafka(lock, ports.port("kafka"), ports.port("kafka-controller"));
            kafka.startAgain();
            return kafka;
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /**
     * Where clients connect, as {@code host:port}; the same through {@link #stop} and {@link
     * #startAgain}.
     */
    public String bootstrapServers() {
        return LOOPBACK + ":" + clientsPort;
    }

    /** Whether the broker runs. */
    public synchronized boolean isRunning() {
        return server != null;
    }

    /** Stops the broker cleanly and keeps its folder and port for {@link #startAgain}. */
    public synchronized void stop() {
        KafkaRaftServer running = server;
        if (running == null) {
            return;
        }
        server = null;
        running.shutdown();
        running.awaitShutdown();
        LOG.atInfo().addKeyValue("address", bootstrapServers()).log("broker stopped");
    }

    /** Starts the stopped broker on the same port and folder; does nothing when it runs. */
    public synchronized void startAgain() {
        if (closed) {
            throw new EmbeddedException(
                    EmbeddedException.Code.STOPPED,
                    "this broker is closed: call EmbeddedKafka.start for a new one");
        }
        if (server != null) {
            return;
        }
        if (!RememberedPorts.isFree(clientsPort) || !RememberedPorts.isFree(controllerPort)) {
            throw new EmbeddedException(
                    EmbeddedException.Code.PORT_TAKEN,
                    "port %d or %d on %s is in use by another program, and the broker must keep its ports"
                            .formatted(clientsPort, controllerPort, LOOPBACK));
        }
        format();
        KafkaRaftServer starting = null;
        try {
            starting = new KafkaRaftServer(KafkaConfig.fromProps(settings(), false), Time.SYSTEM);
            starting.startup();
            server = starting;
        } catch (RuntimeException e) {
            if (starting != null) {
                starting.shutdown();
            }
            throw new EmbeddedException(
                    EmbeddedException.Code.NOT_READY,
                    "the Kafka broker in %s did not start: %s".formatted(lock.folder(), e),
                    e);
        }
        LOG.atInfo().addKeyValue("address", bootstrapServers()).log("broker ready");
    }

    /** Stops the broker and gives the folder back. */
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

    private Path logFolder() {
        return lock.folder().resolve("log");
    }

    private void format() {
        if (Files.exists(logFolder().resolve("meta.properties"))) {
            return;
        }
        try {
            Files.createDirectories(logFolder());
            new Formatter()
                    .setPrintStream(
                            new PrintStream(
                                    OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .setClusterId(Uuid.randomUuid().toString())
                    .setNodeId(NODE_ID)
                    .setControllerListenerName(CONTROLLER)
                    .setMetadataLogDirectory(logFolder().toString())
                    .addDirectory(logFolder().toString())
                    .setIgnoreFormatted(true)
                    .run();
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot write in %s: %s".formatted(logFolder(), e),
                    e);
        } catch (Exception e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.NOT_READY,
                    "cannot format %s: %s".formatted(logFolder(), e),
                    e);
        }
    }

    private Properties settings() {
        Properties settings = new Properties();
        settings.putAll(
                Map.of(
                        "process.roles", "broker,controller",
                        "node.id", String.valueOf(NODE_ID),
                        "controller.quorum.voters",
                                "%d@%s:%d".formatted(NODE_ID, LOOPBACK, controllerPort),
                        "controller.listener.names", CONTROLLER,
                        "inter.broker.listener.name", CLIENTS,
                        "listener.security.protocol.map", "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
                        "listeners",
                                "%s://%s:%d,%s://%s:%d"
                                        .formatted(
                                                CLIENTS,
                                                LOOPBACK,
                                                clientsPort,
                                                CONTROLLER,
                                                LOOPBACK,
                                                controllerPort),
                        "advertised.listeners",
                                "%s://%s:%d".formatted(CLIENTS, LOOPBACK, clientsPort),
                        "log.dirs", logFolder().toString()));
        settings.putAll(ONE_REPLICA);
        settings.putAll(FEW_CORES);
        settings.putAll(QUICK);
        if (wasKilled()) {
            settings.put("broker.session.timeout.ms", millis(SESSION_AFTER_KILL));
            settings.put("broker.heartbeat.interval.ms", millis(HEARTBEAT_AFTER_KILL));
        }
        return settings;
    }

    // The controller refuses a broker for as long as it believes that broker's former life to be
    // alive: after a kill, the usual 9 s would be waited for nothing. A short session needs more
    // heartbeats, or a busy machine fences a broker that is well.
    private boolean wasKilled() {
        return Files.exists(logFolder().resolve("__cluster_metadata-0"))
                && !Files.exists(logFolder().resolve(".kafka_cleanshutdown"));
    }

    private static String millis(Duration duration) {
        return String.valueOf(duration.toMillis());
    }

    private static final Map<String, String> ONE_REPLICA =
            Map.of(
                    "default.replication.factor", "1",
                    "min.insync.replicas", "1",
                    "offsets.topic.replication.factor", "1",
                    "offsets.topic.num.partitions", "1",
                    "transaction.state.log.replication.factor", "1",
                    "transaction.state.log.min.isr", "1",
                    "transaction.state.log.num.partitions", "1",
                    "share.coordinator.state.topic.replication.factor", "1",
                    "share.coordinator.state.topic.min.isr", "1",
                    "share.coordinator.state.topic.num.partitions", "1");

    /**
     * Each request is handed from a network thread to a handler and back: with few of either, who
     * receives it is more often awake already. Clients and services need cores too.
     */
    private static final String THREADS =
            String.valueOf(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));

    private static final Map<String, String> FEW_CORES =
            Map.of(
                    "num.network.threads", THREADS,
                    "num.io.threads", THREADS,
                    "num.recovery.threads.per.data.dir", "2",
                    "background.threads", "2",
                    "group.coordinator.threads", "1",
                    "log.cleaner.dedupe.buffer.size", "4194304",
                    "metadata.log.max.record.bytes.between.snapshots", "20971520");

    private static final Map<String, String> QUICK =
            Map.of(
                    "auto.create.topics.enable", "false",
                    "group.initial.rebalance.delay.ms", "0",
                    "group.min.session.timeout.ms", "1000",
                    "transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000",
                    "controller.quorum.append.linger.ms", "1",
                    "initial.broker.registration.timeout.ms", "60000");
}
