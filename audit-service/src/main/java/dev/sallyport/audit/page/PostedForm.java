package dev.sallyport.audit.page;

import dev.sallyport.audit.http.RequestBody;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.search.QueryString;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** A form that was sent to the console: anybody can send one. */
final class PostedForm {
    private static final String TYPE = "application/x-www-form-urlencoded";

    private final Map<String, List<String>> fields;

    private PostedForm(Map<String, List<String>> fields) {
        this.fields = fields;
    }

    /**
     * Reads the form of a request.
     *
     * @throws AuditException {@code unsupported_media_type}, {@code body_too_large}, {@code
     *     body_incomplete}, {@code parameter_invalid}
     */
    static PostedForm of(Context ctx) {
        // the bytes one by one: what is not ASCII stands percent-encoded in a form
        String text = new String(RequestBody.read(ctx, TYPE), StandardCharsets.ISO_8859_1);
        return new PostedForm(QueryString.parse(text));
    }

    /**
     * The field's value; empty where it is not there.
     *
     * @throws AuditException {@code parameter_invalid} where it is there twice
     */
    String field(String name) {
        List<String> values = fields.getOrDefault(name, List.of());
        if (values.size() > 1) {
            throw new AuditException(
                    AuditProblem.PARAMETER_INVALID, "the form must have one " + name);
        }
        return values.isEmpty() ? "" : values.getFirst().strip();
    }
}
