package dev.sallyport.gateway.statement;

/**
 * One reason to refuse a statement.
 *
 * @param danger the kind, with its stable code
 * @param what the word, function or relation of the platform's own lists that gave the reason;
 *     empty where there is none. Never a literal
 */
public record Refusal(Danger danger, String what) {
    static Refusal of(Danger danger) {
        return new Refusal(danger, "");
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
