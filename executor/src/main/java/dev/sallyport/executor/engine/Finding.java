package dev.sallyport.executor.engine;

/**
 * Something in a tenant's database that the sealed context does not hold back.
 *
 * @param object what it is about, as the database names it
 * @param why what could happen
 * @param remedy what would be right
 */
public record Finding(Severity severity, String object, String why, String remedy) {
    /** How bad a finding is. */
    public enum Severity {
        /** A caller could see or change what belongs to another tenant. */
        LEAK,
        /** No rows leak, but tenants could notice or disturb each other. */
        CAUTION,
        /** Nothing leaks by itself; what the remedy says makes time or load tell less. */
        ADVICE
    }

    @Override
    public String toString() {
        return severity + " " + object + ": " + why + "; " + remedy;
    }
}
