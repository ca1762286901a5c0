package dev.sallyport.bench;

/**
 * The same reads with few tenants registered and with many, and plain JDBC beside each: what plain
 * JDBC lost or won in between is the machine's drift.
 */
record ManyTenants(
        int tenants,
        int grants,
        double registeredSeconds,
        Measurement few,
        Measurement fewPlain,
        Measurement many,
        Measurement manyPlain) {
    /** Calls/s with many tenants to calls/s with few, the machine's drift divided out. */
    public double ratio() {
        return plainRatio() / drift();
    }

    /** The same as it was measured. */
    public double plainRatio() {
        return many.callsPerSecond() / few.callsPerSecond();
    }

    /** What the machine gave plain JDBC at the end to what it gave it before. */
    public double drift() {
        return manyPlain.callsPerSecond() / fewPlain.callsPerSecond();
    }
}
