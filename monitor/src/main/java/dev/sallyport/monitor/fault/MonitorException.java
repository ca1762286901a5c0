package dev.sallyport.monitor.fault;

import dev.sallyport.schema.SallyportException;
import org.jspecify.annotations.Nullable;

/**
 * The monitor cannot do its work. Codes: {@code topics_unfit}, {@code broker_unavailable}, {@code
 * port_unavailable}, {@code index_unavailable}.
 */
public final class MonitorException extends SallyportException {
    public MonitorException(String code, String message) {
        this(code, message, null);
    }

    public MonitorException(String code, String message, @Nullable Throwable cause) {
        super(code, message, cause);
    }
}
