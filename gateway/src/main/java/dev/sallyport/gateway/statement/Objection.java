package dev.sallyport.gateway.statement;

/**
 * One reason against a statement, found in its text.
 *
 * @param danger the kind, with its stable code
 * @param what the word, function or relation of the platform's own lists that gave the reason;
 *     empty where there is none. Never a literal
 */
public record Objection(Danger danger, String what) {
    static Objection of(Danger danger) {
        return new Objection(danger, "");
    }

    /** The stable code of the danger. */
    public String code() {
        return danger.code();
    }

    /** The danger's sentence, with the word that gave the reason in front. */
    public String message() {
        return what.isEmpty() ? danger.message() : what + ": " + danger.message();
    }
}
