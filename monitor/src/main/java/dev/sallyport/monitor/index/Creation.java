package dev.sallyport.monitor.index;

/** What became of one document. */
sealed interface Creation {
    record Created() implements Creation {}

    /** A document with that id is there, from an earlier delivery. */
    record AlreadyThere() implements Creation {}

    /** The store has no room at the moment; the same document may be taken later. */
    record Busy(String why) implements Creation {}

    /** The store will never take the document as it is. */
    record Refused(String why) implements Creation {}
}
