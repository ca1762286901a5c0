package dev.sallyport.bench;

import dev.sallyport.schema.SallyportException;

/**
 * A measurement could not be made; the code is {@code bench_failed}, {@code tool_missing} or {@code
 * answers_wrong}.
 */
final class BenchException extends SallyportException {
    private static final long serialVersionUID = 1L;

    BenchException(String code, String message) {
        super(code, message, null);
    }

    BenchException(String code, String message, Throwable cause) {
        super(code, message, cause);
    }
}
