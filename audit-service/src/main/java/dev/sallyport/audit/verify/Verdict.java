package dev.sallyport.audit.verify;

import dev.sallyport.audit.tree.TreeHead;
import java.util.List;

/** What verifying came to. */
public sealed interface Verdict {
    /**
     * Everything is as the signed checkpoint says.
     *
     * @param origin the log's identity
     * @param tree the tree of the log's entries, all of which were checked (for a proof: those of
     *     the proof were)
     * @param checkpoint the signed checkpoint, verbatim: worth keeping, later ones must be
     *     consistent with it
     */
    record Verified(String origin, TreeHead tree, String checkpoint) implements Verdict {}

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
