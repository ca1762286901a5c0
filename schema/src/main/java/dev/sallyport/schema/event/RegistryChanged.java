package dev.sallyport.schema.event;

import org.jspecify.annotations.Nullable;

/**
 * An entry of the registry was put or removed.
 *
 * @param by who did it: a subject, or the command-line tool
 * @param valueDigest SHA-256 of the new entry's bytes, base64url; absent where it was removed
 */
public record RegistryChanged(String key, String by, @Nullable String valueDigest)
        implements Payload {}
