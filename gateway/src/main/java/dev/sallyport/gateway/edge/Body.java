package dev.sallyport.gateway.edge;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.eclipse.jetty.http.HttpException;

/** The body of one request, never more of it than allowed. */
sealed interface Body {

    /** A body that arrived whole and is small enough. */
    final class Whole implements Body {
        private final byte[] bytes;

        private Whole(byte[] bytes) {
            this.bytes = bytes;
        }

        byte[] bytes() {
            return bytes;
        }
    }

    record TooLarge() implements Body {}

    /** The connection broke, fell silent, or was too slow. */
    record Broken() implements Body {}

    static Body read(HttpServletRequest request, int bytesMax) {
        long told = request.getContentLengthLong();
        if (told > bytesMax) {
            return new TooLarge();
        }
        try {
            if (told >= 0) {
                byte[] bytes = request.getInputStream().readNBytes((int) told);
                return bytes.length < told ? new Broken() : new Whole(bytes);
            }
            // A chunked body tells no length: one byte more than allowed is enough to know.
            byte[] bytes = request.getInputStream().readNBytes(bytesMax + 1);
            return bytes.length > bytesMax ? new TooLarge() : new Whole(bytes);
        } catch (IOException | HttpException.RuntimeException e) {
            return new Broken();
        }
    }
}
