package dev.sallyport.schema.registry;

import org.jspecify.annotations.Nullable;

/**
 * A change of one entry that is made only while the registry has the entry as it was seen.
 *
 * @param key the entry's key
 * @param entry what stands there afterwards; null where it is removed
 * @param seen the version that was seen, or {@link RegistrySnapshot#ABSENT}
 */
public record RegistryChange(String key, @Nullable RegistryEntry entry, long seen) {
    public RegistryChange {
        if (entry != null && !entry.key().equals(key)) {
            throw new IllegalArgumentException(entry.key() + " cannot stand under " + key);
        }
    }
}
