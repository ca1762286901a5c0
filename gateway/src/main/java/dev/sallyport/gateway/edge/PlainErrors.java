package dev.sallyport.gateway.edge;

import dev.sallyport.schema.json.JsonBuffer;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * What the server answers to bytes that are not HTTP: a status and a code, never a page with a
 * stack trace.
 */
final class PlainErrors extends ErrorHandler {

    PlainErrors() {
        setShowStacks(false);
        setShowCauses(false);
    }

    @Override
    protected void generateResponse(
            Request request,
            Response response,
            int status,
            @Nullable String message,
            @Nullable Throwable cause,
            Callback callback) {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        response.write(true, ByteBuffer.wrap(body(status)), callback);
    }

    private static byte[] body(int status) {
        return new JsonBuffer()
                .raw("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":" + status + ",\"message\":")
                .string("The server could not read this as an HTTP request")
                .raw(",\"data\":{\"code\":\"http_invalid\"}}}")
                .toByteArray();
    }
}
