package dev.sallyport.schema.http;

import java.nio.ByteBuffer;
import java.util.function.IntFunction;
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
public final class PlainErrors extends ErrorHandler {

    private final IntFunction<byte[]> bodies;

    /**
     * @param bodies makes the JSON that goes with a status
     */
    public PlainErrors(IntFunction<byte[]> bodies) {
        this.bodies = bodies;
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
        response.write(true, ByteBuffer.wrap(bodies.apply(status)), callback);
    }
}
