package dev.sallyport.executor;

import static org.awaitility.Awaitility.await;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.executor.engine.postgresql.SharedDatabase;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.CallWithdrawn;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.LiteralFeatures;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.ReplyAddress;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.DataKeyEntry;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.reply.Reply;
import dev.sallyport.schema.reply.ReplyHeaders;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.seal.WrappedDataKey;
import dev.sallyport.schema.secret.Secret;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.SigningKey;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * All that an executor needs around it: broker, registry, a shared database, a gateway that signs,
 * and readers of outcomes and replies. Each stage has a cell of its own.
 */
final class Stage implements AutoCloseable {
    static final int PARTITIONS = 4;
    static final GatewayId GATEWAY = new GatewayId("g1");
    private static final AtomicInteger CELLS = new AtomicInteger();
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    final SharedDatabase database = new SharedDatabase();
    final CellId cell = new CellId("cell-" + CELLS.incrementAndGet());
    final KafkaSettings kafka = new KafkaSettings(TestServers.kafka().bootstrapServers(), Map.of());
    final List<Event<CallSettled>> outcomes = new CopyOnWriteArrayList<>();
    final Map<CallId, ConsumerRecord<String, byte[]>> replies = new ConcurrentHashMap<>();

    private final SigningKey gatewayKey = SigningKey.generate();
    private final Secret kek = KeyEncryptionKey.generate();
    private final Map<TenantId, DataKey> dataKeys = new HashMap<>();
    private final KafkaProducer<String, byte[]> producer;
    private final RegistryWriter registry;
    private final KafkaConsumer<String, byte[]> reader;
    private final Thread reading;
    private volatile boolean closed;

    Stage() throws SQLException {
        try (Admin admin = Admin.create(kafka.client("stage"))) {
            Topics.createMissing(admin, Set.of(cell), PARTITIONS, (short) 1);
        }
        producer = new KafkaProducer<>(kafka.producer("stage"));
        registry = new RegistryWriter(kafka, InstantSource.system(), "stage");
        KeyEncryptionKey wrapping = new KeyEncryptionKey(kek);
        for (TenantId tenant : List.of(SharedDatabase.ACME, SharedDatabase.GLOBEX)) {
            WrappedDataKey wrapped = wrapping.newDataKey(tenant);
            dataKeys.put(tenant, wrapping.unwrap(wrapped));
            // tests look at what runs, which the enrolment hides
            database.administer("alter role " + database.login(tenant) + " reset track_activities");
            register(tenant, new Tenant(tenant, "Tenant " + tenant, cell, List.of(), false));
            register(tenant, database.database(tenant, 4));
            register(tenant, new DataKeyEntry(wrapped));
        }
        register(TenantId.PLATFORM, new GatewayKey(GATEWAY, gatewayKey.verifyingKey().text()));
        reader = new KafkaConsumer<>(kafka.consumer("stage-reader"));
        List<TopicPartition> all =
                Stream.of(Topics.OUTCOMES, Topics.REPLIES)
                        .flatMap(topic ->
                                Stream.iterate(0, p -> p + 1)
                                        .limit(PARTITIONS)
                                        .map(p -> new TopicPartition(topic, p)))
                        .toList();
        reader.assign(all);
        reader.seekToEnd(all);
        all.forEach(reader::position);
        reading = Thread.ofPlatform().name("stage-reader").daemon().start(this::read);
    }

    private void read() {
        try (reader) {
            while (!closed) {
                for (ConsumerRecord<String, byte[]> record : reader.poll(Duration.ofMillis(50))) {
                    if (record.topic().equals(Topics.REPLIES)) {
                        String call = ReplyHeaders.get(record.headers(), ReplyHeaders.CALL);
                        replies.put(CallId.of(String.valueOf(call)), record);
                    } else {
                        outcomes.add(settled(EventCodec.decode(record.value())));
                    }
                }
            }
        }
    }

    private static Event<CallSettled> settled(Event<?> event) {
        return Event.of(
                event.id(),
                event.source(),
                event.time(),
                event.tenant(),
                event.trace(),
                (CallSettled) event.data());
    }

    private final AtomicInteger executors = new AtomicInteger();

    ExecutorConfig config() {
        return config(8, 64, 256);
    }

    ExecutorConfig config(int laneRunning, int laneWaiting, int underWay) {
        return new ExecutorConfig(
                cell,
                "executor-" + executors.incrementAndGet(),
                kafka,
                new SecretReference("env:KEK"),
                laneRunning,
                laneWaiting,
                underWay,
                3_000,
                false,
                new HealthSettings("127.0.0.1", 0));
    }

    Secrets secrets() {
        return new Secrets(environment());
    }

    /** What an executor's secret references name. */
    Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>(SharedDatabase.ENVIRONMENT);
        environment.put("KEK", kek.value());
        return environment;
    }

    Executor executor() {
        return Executor.start(config(), secrets(), InstantSource.system());
    }

    /** What its {@code /healthz} says. */
    String health(Executor executor) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(
                                            URI.create(
                                                    "http://127.0.0.1:"
                                                            + executor.healthPort()
                                                            + "/healthz"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    void register(TenantId tenant, RegistryEntry entry) {
        registry.put(tenant, entry);
    }

    void unregister(TenantId tenant, String key) {
        registry.remove(tenant, key);
    }

    /** A call as a gateway would authorize it; change what the test is about. */
    static final class Draft {
        TenantId tenant = SharedDatabase.ACME;
        CallId call = CallId.next();
        String subject = "alice";
        String tool = "db_query";
        DatabaseName database = new DatabaseName("main");
        StatementClass statementClass = StatementClass.READ;
        @Nullable Access access = Access.READ;
        @Nullable String effectDigest;
        Limits limits = new Limits(100, 100_000, 10_000);
        Instant deadline = Instant.now().plusSeconds(20);
        @Nullable TraceContext trace;
        Instruction instruction = new Instruction.ShowTables(null);

        static Draft query(String sql, @Nullable Object... parameters) {
            Draft draft = new Draft();
            draft.instruction =
                    new Instruction.Statement(
                            sql,
                            Stream.of(parameters)
                                    .map(value -> Json.mapper().<JsonNode>valueToTree(value))
                                    .toList());
            return draft;
        }

        static Draft write(String sql, @Nullable Object... parameters) {
            Draft draft = query(sql, parameters);
            draft.tool = "db_execute";
            draft.statementClass = StatementClass.WRITE;
            draft.access = Access.WRITE;
            return draft;
        }

        Draft of(TenantId other) {
            tenant = other;
            return this;
        }
    }

    byte[] signed(Draft draft) {
        DataKey key = dataKeys.get(draft.tenant);
        EventId event = EventId.commandOf(draft.call);
        byte[] arguments = draft.instruction.encode();
        CallAuthorized command =
                new CallAuthorized(
                        draft.call,
                        new Principal(draft.subject, "client", "agent", "127.0.0.1"),
                        draft.tool,
                        draft.database,
                        draft.statementClass,
                        draft.access,
                        null,
                        draft.effectDigest,
                        List.of("customers"),
                        List.of(),
                        List.of("mcp:read"),
                        "select ...",
                        LiteralFeatures.NONE,
                        draft.limits,
                        draft.deadline,
                        1,
                        new ReplyAddress(GATEWAY, 0),
                        Objects.requireNonNull(key).seal(arguments, event, "arguments"));
        return EventSignature.sign(
                EventCodec.encode(
                        new Event<>(
                                event,
                                "/gateway/" + GATEWAY,
                                Instant.now(),
                                draft.tenant,
                                draft.trace,
                                GATEWAY,
                                command)),
                gatewayKey);
    }

    CallId send(Draft draft) {
        deliver(draft.tenant.value(), signed(draft));
        return draft.call;
    }

    /** As the gateway does when nobody waits for the answer any more. */
    void withdraw(Draft draft) {
        CallWithdrawn data =
                new CallWithdrawn(
                        draft.call,
                        new Principal(draft.subject, "client", "agent", "127.0.0.1"),
                        CallWithdrawn.Reason.CONNECTION_CLOSED);
        deliver(
                draft.tenant.value(),
                EventSignature.sign(
                        EventCodec.encode(
                                new Event<>(
                                        EventId.withdrawnOf(draft.call),
                                        "/gateway/" + GATEWAY,
                                        Instant.now(),
                                        draft.tenant,
                                        null,
                                        GATEWAY,
                                        data)),
                        gatewayKey));
    }

    /** Puts a record into the commands topic, whatever it is. */
    void deliver(@Nullable String key, byte[] value) {
        try {
            var _ = producer.send(new ProducerRecord<>(Topics.commands(cell), 0, key, value)).get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    /** Sends the call and gives its outcome, once the reply is there too. */
    CallSettled call(Draft draft) {
        return settled(send(draft));
    }

    CallSettled settled(CallId call) {
        await().atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> replies.containsKey(call) && !outcomesOf(call).isEmpty());
        return outcomesOf(call).getFirst().data();
    }

    List<Event<CallSettled>> outcomesOf(CallId call) {
        List<Event<CallSettled>> found = new ArrayList<>();
        for (Event<CallSettled> outcome : outcomes) {
            if (outcome.data().call().equals(call)) {
                found.add(outcome);
            }
        }
        return found;
    }

    String result(CallId call) {
        return new String(reply(call).result(), StandardCharsets.UTF_8);
    }

    String message(CallId call) {
        return String.valueOf(reply(call).message());
    }

    private Reply reply(CallId call) {
        TenantId tenant = outcomesOf(call).getFirst().tenant();
        return Reply.open(sealedReply(call), Objects.requireNonNull(dataKeys.get(tenant)), call);
    }

    /** The reply as it stands in the topic. */
    byte[] sealedReply(CallId call) {
        return Objects.requireNonNull(replies.get(call)).value();
    }

    @Override
    public void close() throws SQLException {
        closed = true;
        try {
            reading.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close();
        registry.close();
        database.close();
    }
}
