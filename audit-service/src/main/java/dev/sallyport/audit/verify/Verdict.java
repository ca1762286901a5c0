package dev.sallyport.audit.verify;

import dev.sallyport.audit.tree.TreeHead;
import java.util.List;
import java.util.Optional;

/** What verifying came to. */
public sealed interface Verdict {
    /**
     * Everything is as the signed checkpoint says.
     *
     * @param origin the log's identity
     * @param tree the tree of the log's entries, all of which were checked
     * @param checkpoint the signed checkpoint, verbatim: worth keeping, later ones must be
     *     consistent with it
     * @param gaps what the log itself says may be missing in it, in sentences
     */
    record Verified(String origin, TreeHead tree, String checkpoint, List<String> gaps)
            implements Verdict {
        public Verified {
            gaps = List.copyOf(gaps);
        }
    }

    /**
     * These events, each of the call where one was asked for, are in the log that the signed
     * checkpoint describes. That there are no others only the whole log shows.
     *
     * @param call the call that each of the events names as its own; empty for the proof of an
     *     entry by itself
     * @param events what was proved, never empty
     * @param origin the log's identity
     * @param tree the tree that the checkpoint signs
     * @param checkpoint the signed checkpoint, verbatim
     */
    record Proved(
            Optional<String> call,
            List<ProvedEvent> events,
            String origin,
            TreeHead tree,
            String checkpoint)
            implements Verdict {
        public Proved {
            events = List.copyOf(events);
            if (events.isEmpty()) {
                throw new IllegalArgumentException("a proof without an event proves nothing");
            }
        }
    }

    /**
     * An event as its bytes, which were proved, say it.
     *
     * @param index its place in the log, from 0
     * @param type its CloudEvents type
     * @param time when it happened
     */
    record ProvedEvent(long index, String type, String time) {}

    /**
     * At least one artefact was changed after it was published.
     *
     * @param findings what was found, at most {@link #FINDINGS_MAX}; never empty
     */
    record Tampered(List<Finding> findings) implements Verdict {
        public Tampered {
            findings = List.copyOf(findings);
            if (findings.isEmpty()) {
                throw new IllegalArgumentException(
                        "a verdict of tampering names at least one finding");
            }
        }
    }

    /**
     * Nothing can be said: the log or the proof could not be read.
     *
     * @param why the reason, and what to do about it where that is known
     */
    record Unreadable(String why) implements Verdict {}

    /** The most findings that one verdict lists; there may be more when it is full. */
    int FINDINGS_MAX = 100;
}
