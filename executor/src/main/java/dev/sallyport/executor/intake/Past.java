package dev.sallyport.executor.intake;

/** What other executors may have done with a command before it was delivered here. */
public enum Past {
    /** No other executor has begun it as a write, or will. */
    NONE,

    /**
     * Another executor may have begun it, and may still be about it. Nobody was told that it was
     * not done.
     */
    MAY_HAVE_RUN,

    /**
     * As {@link #MAY_HAVE_RUN}, and its caller may have been told that it was not done. A write of
     * this past must never run.
     */
    MAY_HAVE_BEEN_TOLD
}
