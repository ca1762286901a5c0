package dev.sallyport.audit.verify;

/** Ends a check early: an artefact could not be read, so that nothing can be said about the log. */
final class Unfetchable extends Exception {
    private static final long serialVersionUID = 1L;

    private final String why;

    Unfetchable(String why) {
        super(why);
        this.why = why;
    }

    String why() {
        return why;
    }
}
