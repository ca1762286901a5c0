package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Caller;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Makes the comments that carry a caller's context in front of a message's text, for one
 * connection. The form stands in the enrolment script.
 *
 * @param backendPid of the server's process, as the database reports it
 * @param clientPort the connection's, as the database reports it
 */
record Seal(int backendPid, int clientPort) {
    /** What a context is good for. */
    enum Kind {
        READ,
        WRITE,
        COMMIT,
        ENTER,
        SETTLE,
        EFFECT;

        private final String word = name().toLowerCase(Locale.ROOT);
    }

    /**
     * The comment.
     *
     * @param expires in seconds of the epoch
     */
    String prefix(SealKey key, Caller caller, Kind kind, long expires) {
        String claims =
                " "
                        + caller.tenant().value()
                        + " "
                        + Base64.getUrlEncoder()
                                .withoutPadding()
                                .encodeToString(caller.subject().getBytes(StandardCharsets.UTF_8))
                        + " "
                        + caller.call()
                        + " "
                        + kind.word
                        + " "
                        + expires;
        byte[] mac = key.mac(backendPid + ":" + clientPort + claims);
        return "/*sp2 " + HexFormat.of().formatHex(mac) + claims + "*/";
    }
}
