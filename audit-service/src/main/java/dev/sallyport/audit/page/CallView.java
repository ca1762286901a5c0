package dev.sallyport.audit.page;

import java.util.List;

/**
 * A call with its proof.
 *
 * @param reader who reads
 * @param callId the call
 * @param verified whether the proof held
 * @param findings what is wrong where it did not
 * @param size entries in the log that the checkpoint describes
 * @param root the root of its tree
 * @param events the call's events
 * @param checkpoint the signed checkpoint
 * @param vkey the key that it was verified with
 */
public record CallView(
        Reader reader,
        String callId,
        boolean verified,
        List<String> findings,
        long size,
        String root,
        List<LoggedEvent> events,
        String checkpoint,
        String vkey) {
    private static final int WIDE_CHARS = 30;

    public CallView {
        findings = List.copyOf(findings);
        events = List.copyOf(events);
    }

    /**
     * An event of the call.
     *
     * @param kind what it is, in plain words
     * @param index its place in the log
     * @param exact when it happened
     * @param day the day of that, UTC
     * @param time the time of day of that, UTC
     * @param outcome how it ended
     * @param tone the colour that goes with the outcome
     * @param facts what it says, in short
     * @param json all that it says
     * @param leaf its leaf hash
     * @param path the siblings from the leaf to the root
     */
    public record LoggedEvent(
            String kind,
            long index,
            String exact,
            String day,
            String time,
            String outcome,
            String tone,
            List<Fact> facts,
            String json,
            String leaf,
            List<String> path) {
        public LoggedEvent {
            facts = List.copyOf(facts);
            path = List.copyOf(path);
        }
    }

    /** A name and a value. */
    public record Fact(String name, String value) {
        /** True for a value that needs the whole width. */
        public boolean wide() {
            return value.length() > WIDE_CHARS;
        }
    }
}
