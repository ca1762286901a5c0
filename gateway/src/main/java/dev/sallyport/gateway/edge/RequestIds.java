package dev.sallyport.gateway.edge;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** Ids of HTTP requests: they join an answer to the gateway's log, and are no secret. */
final class RequestIds {

    private RequestIds() {}

    static String next() {
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }
}
