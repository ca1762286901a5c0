package dev.sallyport.schema.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.seal.WrappedDataKey;
import java.time.Duration;
import java.util.Optional;

/**
 * The data keys of a registry, unwrapped. The registry is asked each time, so that a key which was
 * erased is gone at once, though its unwrapped form may still stand in the cache.
 */
public final class Keyring {
    private static final int CACHED_MAX = 10_000;
    private static final Duration CACHED_FOR = Duration.ofMinutes(10);

    private final KeyEncryptionKey wrapping;
    private final Cache<WrappedDataKey, DataKey> unwrapped =
            Caffeine.newBuilder().maximumSize(CACHED_MAX).expireAfterWrite(CACHED_FOR).build();

    public Keyring(KeyEncryptionKey wrapping) {
        this.wrapping = wrapping;
    }

    /**
     * The key to seal the tenant's fields with.
     *
     * @throws SchemaException {@code data_key_missing} if the tenant has none
     */
    public DataKey newest(Registry registry, TenantId tenant) {
        return unwrap(registry.newestDataKey(tenant), "tenant " + tenant + " has no data key");
    }

    /**
     * The tenant's key of that id.
     *
     * @throws SchemaException {@code data_key_missing} if there is none, as after an erasure
     */
    public DataKey of(Registry registry, TenantId tenant, String dataKeyId) {
        return unwrap(
                registry.dataKey(tenant, dataKeyId),
                "tenant " + tenant + " has no data key " + dataKeyId);
    }

    private DataKey unwrap(Optional<WrappedDataKey> wrapped, String otherwise) {
        return unwrapped.get(
                wrapped.orElseThrow(() -> new SchemaException("data_key_missing", otherwise)),
                wrapping::unwrap);
    }
}
