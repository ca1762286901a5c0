package dev.sallyport.audit.access;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.schema.event.AuditRead;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.signal.SignalLog;
import dev.sallyport.schema.token.Caller;

/**
 * Records who read what: acknowledged by the broker before anything is shown, and found in the same
 * log afterwards.
 */
public final class ReadRecorder {
    private static final int FILTER_CHARS_MAX = 1_000;

    private final SignalLog log;

    public ReadRecorder(SignalLog log) {
        this.log = log;
    }

    /**
     * Records a reading and returns when the broker has it.
     *
     * @param address the IP address that the reader came from
     * @param action what was done, such as {@code search}
     * @param filter what was asked for
     * @param results how many entries will be shown
     * @throws AuditException {@code read_not_recorded}: then nothing may be shown
     */
    public void record(Caller reader, String address, String action, String filter, int results) {
        var principal = new Principal(reader.subject(), reader.client(), null, address);
        var read = new AuditRead(principal, action, shortened(filter), results);
        if (!log.tell(EventId.next(), reader.tenant(), null, read)) {
            throw new AuditException(
                    AuditProblem.READ_NOT_RECORDED,
                    "reading is recorded first, and the log cannot be reached just now: try again");
        }
    }

    private static String shortened(String filter) {
        return filter.length() > FILTER_CHARS_MAX ? filter.substring(0, FILTER_CHARS_MAX) : filter;
    }
}
