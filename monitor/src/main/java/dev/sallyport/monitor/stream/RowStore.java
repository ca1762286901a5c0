package dev.sallyport.monitor.stream;

import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;
import org.jspecify.annotations.Nullable;

/**
 * Rows of bytes in memory, backed by a changelog. Whoever holds newer values as objects writes them
 * when the stream is about to commit, and so once a commit instead of once an event. What is
 * written then is in the transaction of the events that led to it.
 *
 * <p>Kafka Streams has no public hook before a commit. It asks {@link CachedStateStore}s to flush
 * their cache, and the objects are just that: a cache over the rows.
 */
final class RowStore implements StateStore, CachedStateStore<String, byte[]> {
    private final KeyValueStore<String, byte[]> rows;
    private Runnable beforeCommit = () -> {};

    private RowStore(KeyValueStore<String, byte[]> rows) {
        this.rows = rows;
    }

    static StoreBuilder<RowStore> builder(String name, Map<String, String> changelog) {
        return new Builder(
                Stores.keyValueStoreBuilder(
                                Stores.inMemoryKeyValueStore(name),
                                Serdes.String(),
                                Serdes.ByteArray())
                        .withCachingDisabled()
                        .withLoggingEnabled(changelog));
    }

    /** Who writes what is newer than the rows, from now until the store is initialised again. */
    void beforeCommit(Runnable writer) {
        beforeCommit = writer;
    }

    byte @Nullable [] get(String key) {
        return rows.get(key);
    }

    void put(String key, byte[] row) {
        rows.put(key, row);
    }

    /** How many rows there are. */
    long size() {
        return rows.approximateNumEntries();
    }

    void delete(String key) {
        rows.delete(key);
    }

    /** The rows whose keys begin like that, in the order of their keys. To be closed. */
    KeyValueIterator<String, byte[]> beginningWith(String prefix) {
        return rows.prefixScan(prefix, new StringSerializer());
    }

    @Override
    public void flushCache() {
        beforeCommit.run();
    }

    @Override
    public void clearCache() {
        beforeCommit = () -> {};
    }

    @Override
    public boolean setFlushListener(
            CacheFlushListener<String, byte[]> listener, boolean sendOldValues) {
        return false;
    }

    @Override
    public String name() {
        return rows.name();
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        clearCache();
        rows.init(context, root);
    }

    @Override
    public void commit(Map<TopicPartition, Long> changelogOffsets) {
        rows.commit(changelogOffsets);
    }

    @Override
    public void close() {
        rows.close();
    }

    @Override
    public boolean persistent() {
        return rows.persistent();
    }

    @Override
    public boolean isOpen() {
        return rows.isOpen();
    }

    private record Builder(StoreBuilder<KeyValueStore<String, byte[]>> rows)
            implements StoreBuilder<RowStore> {
        @Override
        public StoreBuilder<RowStore> withCachingEnabled() {
            throw new UnsupportedOperationException("rows are cached as objects already");
        }

        @Override
        public StoreBuilder<RowStore> withCachingDisabled() {
            return this;
        }

        @Override
        public StoreBuilder<RowStore> withLoggingEnabled(Map<String, String> config) {
            return new Builder(rows.withLoggingEnabled(config));
        }

        @Override
        public StoreBuilder<RowStore> withLoggingDisabled() {
            throw new UnsupportedOperationException("rows are kept by their changelog only");
        }

        @Override
        public RowStore build() {
            return new RowStore(rows.build());
        }

        @Override
        public Map<String, String> logConfig() {
            return rows.logConfig();
        }

        @Override
        public boolean loggingEnabled() {
            return rows.loggingEnabled();
        }

        @Override
        public String name() {
            return rows.name();
        }
    }
}
