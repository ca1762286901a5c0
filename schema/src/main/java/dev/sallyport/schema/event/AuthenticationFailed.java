package dev.sallyport.schema.event;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A token was refused. Floods are folded as in {@link CallRefused}.
 *
 * @param issuer who issued the token, where its signature was verified
 * @param subject whom it names, where its signature was verified
 */
public record AuthenticationFailed(
        String code,
        @Nullable String issuer,
        @Nullable String subject,
        @Nullable String address,
        int count,
        Instant first,
        Instant last)
        implements Payload {
    public AuthenticationFailed {
        if (count < 1) {
            throw new IllegalArgumentException("count must be positive: " + count);
        }
    }
}
