package dev.sallyport.audit.log;

import dev.sallyport.audit.tree.TreeHead;

/**
 * What a log became when entries were appended and committed. That the one tree is the beginning of
 * the other is known from the appending itself.
 *
 * @param from the log before
 * @param to the log after
 */
public record Growth(TreeHead from, TreeHead to) {
    public Growth {
        if (from.size() >= to.size()) {
            throw new IllegalArgumentException(
                    "a log grows from " + from.size() + " to more entries, not to " + to.size());
        }
    }

    /** This growth and the one after it in one, as far as they follow each other. */
    Growth then(Growth next) {
        return to.equals(next.from) ? new Growth(from, next.to) : next;
    }
}
