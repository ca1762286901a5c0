package dev.sallyport.gateway.statement;

import dev.sallyport.schema.registry.Rights.Opened;

/**
 * The reader of statements for each kind of database: what a text means is for the server to say.
 */
public final class Dialects {
    private final Remembering postgresql;

    /**
     * @param memoryBytesMax heap that the memory of statements may take, in bytes
     */
    public Dialects(long memoryBytesMax) {
        this.postgresql = new Remembering(memoryBytesMax);
    }

    /** What the text is in that database, for callers with these rights there. */
    public Statement read(String sql, Opened opened) {
        return switch (opened.database().kind()) {
            case POSTGRESQL -> postgresql.classify(sql, opened.database().rules(), opened.plans());
        };
    }
}
