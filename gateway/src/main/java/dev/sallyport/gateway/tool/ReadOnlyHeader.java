package dev.sallyport.gateway.tool;

import dev.sallyport.gateway.protocol.Headers;

/** The request header by which a client gives up writing. A misspelt value must not open writes. */
public final class ReadOnlyHeader {

    private static final String NAME = "x-read-only";

    private ReadOnlyHeader() {}

    public static boolean asks(Headers headers) {
        String value = headers.get(NAME);
        return value != null && !value.equals("false");
    }
}
