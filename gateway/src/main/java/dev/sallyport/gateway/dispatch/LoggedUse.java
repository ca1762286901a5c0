package dev.sallyport.gateway.dispatch;

import dev.sallyport.gateway.dispatch.Logged.Last;
import dev.sallyport.gateway.limit.AccountKey;
import dev.sallyport.gateway.limit.Allowances;
import dev.sallyport.gateway.limit.Amounts;
import dev.sallyport.gateway.limit.Evidence;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads from the log what a gateway used. It counts too much rather than too little: a call by its
 * limits, and calls of a gateway that was started again under the same name too.
 */
public final class LoggedUse implements Evidence, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LoggedUse.class);
    private static final Duration ASKED_WITHIN = Duration.ofMillis(500);
    private static final Duration READ_WITHIN = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(100);

    private final EventLog log;
    private final KafkaSettings kafka;
    private final Supplier<Registry> registry;
    private final KafkaConsumer<String, byte[]> ends;

    /** Where records stand: everything up to an offset of a partition. */
    private record Position(TopicPartition partition, long offset) {

        static Position of(String text) {
            String[] parts = text.split("/", -1);
            return new Position(
                    new TopicPartition(parts[0], Integer.parseInt(parts[1])),
                    Long.parseLong(parts[2]));
        }

        String text() {
            return partition.topic() + "/" + partition.partition() + "/" + offset;
        }
    }

    /**
     * @param log whose acknowledgements tell how far it has what this gateway wrote
     */
    public LoggedUse(EventLog log, KafkaSettings kafka, Supplier<Registry> registry) {
        this.log = log;
        this.kafka = kafka;
        this.registry = registry;
        this.ends = consumer("-limits-ends");
    }

    private KafkaConsumer<String, byte[]> consumer(String suffix) {
        Map<String, Object> settings = kafka.consumer(log.gateway() + suffix);
        // what an open transaction holds back counts too
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_uncommitted");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return new KafkaConsumer<>(settings);
    }

    /** Asked by one thread. */
    @Override
    public @Nullable String logged(TenantId tenant) {
        Optional<Tenant> entry = registry.get().tenant(tenant);
        if (entry.isEmpty()) {
            return null;
        }
        List<String> positions = new ArrayList<>();
        for (String topic : topics(entry.get())) {
            Optional<Last> last = log.logged().last(tenant.value(), topic);
            if (last.isEmpty()) {
                last = end(tenant, topic);
                last.ifPresent(now -> log.logged().note(tenant.value(), now));
            }
            if (last.isEmpty()) {
                return null;
            }
            positions.add(new Position(last.get().partition(), last.get().offset()).text());
        }
        return String.join(",", positions);
    }

    private static List<String> topics(Tenant tenant) {
        return List.of(Topics.commands(tenant.cell()), Topics.SIGNALS);
    }

    /** Nothing was written for the tenant yet: what will be stands after what is there now. */
    private Optional<Last> end(TenantId tenant, String topic) {
        try {
            int partitions = ends.partitionsFor(topic, ASKED_WITHIN).size();
            if (partitions == 0) {
                return Optional.empty();
            }
            // as the producer chooses it (KIP-794)
            var partition =
                    new TopicPartition(
                            topic,
                            Utils.toPositive(Utils.murmur2(Utils.utf8(tenant.value())))
                                    % partitions);
            Long end = ends.endOffsets(Set.of(partition), ASKED_WITHIN).get(partition);
            return end == null ? Optional.empty() : Optional.of(new Last(partition, end - 1));
        } catch (KafkaException e) {
            LOG.atDebug().setCause(e).log("the end of a partition cannot be told just now");
            return Optional.empty();
        }
    }

    @Override
    public Optional<Amounts> usedAfter(AccountKey account, String gateway, String logged) {
        Optional<Tenant> tenant = registry.get().tenant(account.tenant());
        Optional<Budget> budget =
                tenant.flatMap(entry ->
                        entry.limitsInForce().budgets().stream()
                                .filter(one ->
                                        account.allowance().equals(Allowances.BUDGET + one.name()))
                                .findFirst());
        if (budget.isEmpty()) {
            return Optional.empty();
        }
        try {
            List<Position> positions = new ArrayList<>();
            for (String text : logged.split(",", -1)) {
                positions.add(Position.of(text));
            }
            List<String> read =
                    positions.stream().map(position -> position.partition.topic()).toList();
            if (!read.containsAll(topics(tenant.get()))) {
                // the tenant moved to another cell, and calls there would not be seen
                return Optional.empty();
            }
            return read(positions, new Counting(account, budget.get(), new GatewayId(gateway)));
        } catch (KafkaException | SchemaException | IllegalArgumentException e) {
            LOG.atWarn().setCause(e).log("the log cannot tell what a gateway used");
            return Optional.empty();
        }
    }

    private Optional<Amounts> read(List<Position> positions, Counting counting) {
        long until = System.nanoTime() + READ_WITHIN.toNanos();
        try (KafkaConsumer<String, byte[]> consumer = consumer("-limits-lost")) {
            Map<TopicPartition, Long> from = new HashMap<>();
            positions.forEach(position -> from.put(position.partition, position.offset + 1));
            consumer.assign(from.keySet());
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(from.keySet());
            Map<TopicPartition, Long> stops = consumer.endOffsets(from.keySet());
            for (Map.Entry<TopicPartition, Long> start : from.entrySet()) {
                if (begins.getOrDefault(start.getKey(), Long.MAX_VALUE) > start.getValue()) {
                    return Optional.empty(); // deleted since
                }
                consumer.seek(start.getKey(), start.getValue());
            }
            while (stops.entrySet().stream()
                    .anyMatch(stop -> consumer.position(stop.getKey()) < stop.getValue())) {
                if (System.nanoTime() - until > 0) {
                    return Optional.empty();
                }
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    counting.add(record);
                }
            }
            return Optional.of(counting.sum());
        }
    }

    /** Adds up what calls of one gateway may have used of one account. */
    private static final class Counting {
        private final AccountKey account;
        private final Budget budget;
        private final GatewayId gateway;
        private long calls;
        private long rows;
        private long bytes;

        private Counting(AccountKey account, Budget budget, GatewayId gateway) {
            this.account = account;
            this.budget = budget;
            this.gateway = gateway;
        }

        private void add(ConsumerRecord<String, byte[]> record) {
            if (!account.tenant().value().equals(record.key())) {
                return;
            }
            Event<?> event = EventCodec.decode(record.value());
            switch (event.data()) {
                case CallAuthorized call
                        when gateway.equals(event.signedBy())
                                && counts(call.principal().subject(), call.tool()) ->
                        add(call.limits());
                // what the gateway answered by itself
                case CallSettled call
                        when gateway.value().equals(call.executor())
                                && counts(call.principal().subject(), call.tool()) ->
                        calls++;
                default -> {}
            }
        }

        private boolean counts(String subject, String tool) {
            return account.holder().equals(subject) && budget.counts(subject, tool);
        }

        private void add(Limits most) {
            calls++;
            rows += most.rowsMax();
            bytes += most.bytesMax();
        }

        private Amounts sum() {
            return new Amounts(calls, rows, bytes);
        }
    }

    @Override
    public void close() {
        ends.close();
    }
}
