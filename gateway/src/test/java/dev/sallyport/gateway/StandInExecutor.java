package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallWithdrawn;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.ReplyAddress;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.reply.Reply;
import dev.sallyport.schema.reply.ReplyHeaders;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/** The other end of the wire: takes the commands of one cell and answers them as it is told. */
final class StandInExecutor implements AutoCloseable {

    /** What it answers; null is silence. */
    record Answer(Ended ended, @Nullable String code, @Nullable String message, String result) {
        static Answer of(String result) {
            return new Answer(Ended.SUCCEEDED, null, null, result);
        }
    }

    /** A command as it stood in the log. */
    record Taken(CallAuthorized call, String arguments, boolean signed, String bytes) {}

    private final KafkaConsumer<String, byte[]> consumer;
    private final KafkaProducer<String, byte[]> producer;
    private final Supplier<Registry> registry;
    private final Keyring keyring;
    private final Thread thread;
    private final Map<CallId, DataKey> keys = new ConcurrentHashMap<>();
    private final Queue<Taken> taken = new ConcurrentLinkedQueue<>();
    private final Queue<CallWithdrawn> withdrawn = new ConcurrentLinkedQueue<>();
    private volatile BiFunction<CallAuthorized, String, @Nullable Answer> behaviour =
            (_, _) -> Answer.of("{\"rows\":[]}");

    StandInExecutor(
            KafkaSettings kafka, CellId cell, Supplier<Registry> registry, Keyring keyring) {
        this.registry = registry;
        this.keyring = keyring;
        Map<String, Object> settings =
                kafka.callConsumer("stand-in-" + cell, Topics.executors(cell));
        this.consumer = new KafkaConsumer<>(settings);
        this.producer = new KafkaProducer<>(kafka.producer("stand-in-" + cell));
        consumer.subscribe(List.of(Topics.commands(cell)));
        while (consumer.assignment().isEmpty()) {
            var _ = consumer.poll(Duration.ofMillis(50)); // there are no commands yet
        }
        this.thread = Thread.ofPlatform().name("stand-in-executor").start(this::run);
    }

    void answers(BiFunction<CallAuthorized, String, @Nullable Answer> with) {
        behaviour = with;
    }

    /** The calls that it was told to stop, in their order. */
    List<CallWithdrawn> withdrawn() {
        return List.copyOf(withdrawn);
    }

    List<Taken> taken() {
        return List.copyOf(taken);
    }

    private void run() {
        try (consumer;
                producer) {
            while (true) {
                for (ConsumerRecord<String, byte[]> entry : consumer.poll(Duration.ofMillis(200))) {
                    take(entry.value());
                }
            }
        } catch (WakeupException e) {
            // closed
        }
    }

    private void take(byte[] bytes) {
        Event<?> event = EventCodec.decode(bytes);
        var key =
                registry.get()
                        .gatewayKey(Objects.requireNonNull(event.signedBy()), KeyPurpose.COMMANDS)
                        .orElseThrow();
        if (event.data() instanceof CallWithdrawn call) {
            assertThat(EventSignature.verify(bytes, key.parsed())).isTrue();
            withdrawn.add(call);
            return;
        }
        var call = (CallAuthorized) event.data();
        DataKey dataKey = keyring.of(registry.get(), event.tenant(), call.arguments().dataKeyId());
        keys.put(call.call(), dataKey);
        String arguments =
                new String(
                        dataKey.open(call.arguments(), EventId.commandOf(call.call()), "arguments"),
                        StandardCharsets.UTF_8);
        taken.add(
                new Taken(
                        call,
                        arguments,
                        EventSignature.verify(bytes, key.parsed()),
                        new String(bytes, StandardCharsets.UTF_8)));
        Thread.ofVirtual()
                .start(() -> {
                    Answer answer = behaviour.apply(call, arguments);
                    if (answer != null) {
                        reply(call, answer);
                    }
                });
    }

    void reply(CallAuthorized call, Answer answer) {
        reply(call, call.reply(), answer);
    }

    void reply(CallAuthorized call, ReplyAddress to, Answer answer) {
        send(call, to, reply(answer).seal(key(call), call.call()));
    }

    /** Whatever bytes, where the reply to the call is expected. */
    void send(CallAuthorized call, ReplyAddress to, byte[] value) {
        var reply = new ProducerRecord<String, byte[]>(Topics.REPLIES, to.partition(), null, value);
        ReplyHeaders.put(reply.headers(), ReplyHeaders.CALL, call.call().toString());
        ReplyHeaders.put(reply.headers(), ReplyHeaders.GATEWAY, to.gateway().value());
        var _ = producer.send(reply);
    }

    private static Reply reply(Answer answer) {
        return answer.ended() == Ended.SUCCEEDED
                ? Reply.succeeded(
                        answer.result().getBytes(StandardCharsets.UTF_8),
                        Json.mapper().readTree(answer.result()).path("rows").size())
                : Reply.failed(answer.ended(), answer.code(), answer.message());
    }

    private DataKey key(CallAuthorized call) {
        return Objects.requireNonNull(keys.get(call.call()));
    }

    @Override
    public void close() {
        consumer.wakeup();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
