package dev.sallyport.schema.http;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import org.eclipse.jetty.http.HttpException;

/** The body of one request, never more of it than allowed, and never for longer. */
public sealed interface Body {

    /** What is read of a body that does not tell its length, before there is known to be more. */
    int FIRST_BYTES = 4_096;

    /** A body that arrived whole and is small enough. */
    final class Whole implements Body {
        private final byte[] bytes;

        private Whole(byte[] bytes) {
            this.bytes = bytes;
        }

        /** All of it. */
        public byte[] bytes() {
            return bytes;
        }
    }

    /** It is larger than allowed, and was not read to its end. */
    record TooLarge() implements Body {}

    /** The connection broke, fell silent, or was too slow. */
    record Broken() implements Body {}

    /**
     * Reads the body.
     *
     * @param within how long all of it may take
     */
    static Body read(
            HttpServletRequest request,
            int bytesMax,
            Duration within,
            CallerConnection connection) {
        long told = request.getContentLengthLong();
        if (told > bytesMax) {
            return new TooLarge();
        }
        connection.bodyBegins(within);
        try {
            InputStream in = request.getInputStream();
            // A body without a length: one byte more than allowed is enough to know.
            int most = told < 0 ? bytesMax + 1 : (int) told;
            byte[] bytes = new byte[told < 0 ? Math.min(FIRST_BYTES, most) : most];
            int length = 0;
            while (length < most) {
                if (length == bytes.length) {
                    bytes = Arrays.copyOf(bytes, (int) Math.min(2L * length, most));
                }
                int read = in.read(bytes, length, bytes.length - length);
                if (read < 0) {
                    break;
                }
                length += read;
            }
            if (length > bytesMax) {
                return new TooLarge();
            }
            return length < told
                    ? new Broken()
                    : new Whole(length == bytes.length ? bytes : Arrays.copyOf(bytes, length));
        } catch (IOException | HttpException.RuntimeException e) {
            return new Broken();
        } finally {
            connection.bodyEnds();
        }
    }

    /**
     * Passes over a body that nobody reads, as far as it is here already: nothing is waited for.
     *
     * @return whether that was all of it; otherwise the connection ends with the answer, and the
     *     caller must be told, or its next request is lost there (RFC 9112 section 9.6)
     */
    static boolean passOver(HttpServletRequest request, int bytesMax) {
        long left = request.getContentLengthLong();
        if (left < 0 || left > bytesMax) {
            return false;
        }
        try {
            InputStream in = request.getInputStream();
            byte[] passed = new byte[FIRST_BYTES];
            while (left > 0 && in.available() > 0) {
                int read = in.read(passed, 0, (int) Math.min(passed.length, left));
                if (read < 0) {
                    return false;
                }
                left -= read;
            }
            return left == 0;
        } catch (IOException | HttpException.RuntimeException e) {
            return false;
        }
    }
}
