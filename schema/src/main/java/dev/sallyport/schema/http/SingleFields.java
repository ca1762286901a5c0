package dev.sallyport.schema.http;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;

/**
 * The header fields that decide something. Each has one value: where it stands several times with
 * several values the request is refused, since a proxy and the service might each go by another one
 * (RFC 9110 section 5.3).
 *
 * @param names their names, without regard to case
 */
public record SingleFields(List<String> names) {
    public SingleFields {
        names = List.copyOf(names);
    }

    /** Whether the field is one of them. */
    public boolean has(String name) {
        return names.stream().anyMatch(name::equalsIgnoreCase);
    }

    /**
     * A field that has several values. Asked first of every request, so that any of equal ones may
     * be taken.
     */
    public Optional<String> contradictory(HttpServletRequest request) {
        for (String name : names) {
            Enumeration<String> values = request.getHeaders(name);
            String first = values.hasMoreElements() ? values.nextElement() : null;
            while (values.hasMoreElements()) {
                if (!values.nextElement().equals(first)) {
                    return Optional.of(name);
                }
            }
        }
        return Optional.empty();
    }
}
