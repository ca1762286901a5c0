package dev.sallyport.executor.engine;

/** What a transaction may do. */
public enum Access {
    /** A READ ONLY transaction that always ends by ROLLBACK. */
    READ("read"),
    /** A transaction that is entered in the ledger and ends by COMMIT. */
    WRITE("write");

    private final String word;

    Access(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }
}
