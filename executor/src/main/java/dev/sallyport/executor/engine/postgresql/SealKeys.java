package dev.sallyport.executor.engine.postgresql;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The key of one login, remembered for a while: a rotated key is used after that, or as soon as the
 * database does not take the old one's proof.
 */
final class SealKeys {
    private static final Duration REMEMBERED = Duration.ofMinutes(1);

    private final Supplier<SealKey> source;
    private volatile @Nullable Read last;

    private record Read(SealKey key, long nanos) {}

    SealKeys(Supplier<SealKey> source) {
        this.source = source;
    }

    SealKey key() {
        Read read = last;
        if (read == null || System.nanoTime() - read.nanos() > REMEMBERED.toNanos()) {
            read = read();
        }
        return read.key();
    }

    /** Reads the key again and tells whether it is another one than that which was used. */
    boolean changedFrom(SealKey used) {
        return !read().key().equals(used);
    }

    private Read read() {
        Read read = new Read(source.get(), System.nanoTime());
        last = read;
        return read;
    }
}
