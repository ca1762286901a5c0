package dev.sallyport.gateway.protocol;

import java.util.Map;

/** What goes back over HTTP. */
public sealed interface Answer {

    /** A notification was taken: 202 without a body. */
    record Accepted() implements Answer {}

    /** One JSON-RPC response. */
    final class Reply implements Answer {
        private final int httpStatus;
        private final byte[] body;
        private final Map<String, String> headers;

        Reply(int httpStatus, byte[] body, Map<String, String> headers) {
            this.httpStatus = httpStatus;
            this.body = body;
            this.headers = headers;
        }

        public int httpStatus() {
            return httpStatus;
        }

        public byte[] body() {
            return body;
        }

        public Map<String, String> headers() {
            return headers;
        }
    }
}
