package dev.sallyport.gateway.statement;

import dev.sallyport.schema.registry.Database;

/**
 * The reader of statements for each kind of database: what a text means is for the server to say.
 */
public final class Dialects {
    private final Classifier postgresql;

    /**
     * @param memoryBytesMax heap that the memory of shapes may take, in bytes
     */
    public Dialects(long memoryBytesMax) {
        this.postgresql = new Classifier(memoryBytesMax);
    }

    /** What the text is in that database. */
    public Statement read(String sql, Database database) {
        return switch (database.kind()) {
            case POSTGRESQL -> postgresql.classify(sql);
        };
    }
}
