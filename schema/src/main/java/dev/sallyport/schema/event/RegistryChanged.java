package dev.sallyport.schema.event;

import org.jspecify.annotations.Nullable;

/**
 * An entry of the registry was put or removed.
 *
 * @param by who did it: a subject, or the command-line tool
 * @param valueDigest SHA-256 of the new entry's bytes, base64url; absent where it was removed
 * @param reason why, in the words of who did it; absent where a program did
 */
public record RegistryChanged(
        String key, String by, @Nullable String valueDigest, @Nullable String reason)
        implements Payload {}
