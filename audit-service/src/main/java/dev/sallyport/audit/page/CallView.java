package dev.sallyport.audit.page;

import java.util.List;
import org.jspecify.annotations.Nullable;

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
 * @param alerts the alerts that name the call
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
        String vkey,
        List<AlertLink> alerts) {
    private static final int WIDE_CHARS = 30;

    public CallView {
        findings = List.copyOf(findings);
        events = List.copyOf(events);
        alerts = List.copyOf(alerts);
    }

    /**
     * An alert.
     *
     * @param index its place in the log
     * @param detector what saw it
     * @param about in plain words
     * @param exact when it was raised
     * @param shown the same for people, UTC
     */
    public record AlertLink(
            long index, String detector, String about, String exact, String shown) {}

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
     * @param callId the call that it belongs to, if to one
     * @param approval the approval that it belongs to, if to one
     * @param evidence the calls that it names, newest last
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
            List<String> path,
            @Nullable String callId,
            @Nullable String approval,
            List<String> evidence) {
        public LoggedEvent {
            facts = List.copyOf(facts);
            path = List.copyOf(path);
            evidence = List.copyOf(evidence);
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
