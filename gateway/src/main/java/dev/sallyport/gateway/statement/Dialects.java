package dev.sallyport.gateway.statement;

import dev.sallyport.schema.registry.Database;

/**
 * The reader of statements for each kind of database: what a text means is for the server to say.
 */
public final class Dialects {
    private final Remembering postgresql;

    /**
     * @param memoryBytesMax heap that the memory of statements may take, in bytes
     */
    public Dialects(long memoryBytesMax) {
        this.postgresql = new Remembering(new Classifier(memoryBytesMax / 2), memoryBytesMax / 2);
    }

    /** What the text is in that database. */
    public Statement read(String sql, Database database) {
        return switch (database.kind()) {
            case POSTGRESQL -> postgresql.classify(sql);
        };
    }
}
