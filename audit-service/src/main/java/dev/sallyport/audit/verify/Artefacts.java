package dev.sallyport.audit.verify;

/**
 * Where a log's published artefacts are read: checkpoint, tiles and entry bundles under their C2SP
 * tlog-tiles paths.
 */
public interface Artefacts {
    /**
     * The artefact under a path relative to the log's prefix; more than {@code bytesMax} bytes are
     * never read.
     */
    Fetched fetch(String path, int bytesMax);

    /** How reading ended. */
    sealed interface Fetched {
        /** The artefact was read. */
        final class Found implements Fetched {
            private final byte[] bytes;

            /** The artefact with these bytes, which the caller no longer changes. */
            public Found(byte[] bytes) {
                this.bytes = bytes;
            }

            /** The bytes; not to be changed. */
            public byte[] bytes() {
                return bytes;
            }
        }

        /** There is no such artefact. */
        record Absent() implements Fetched {}

        /** The artefact is longer than it can be. */
        record TooLong(int bytesMax) implements Fetched {}

        /** Nothing can be said about the artefact. */
        record Failed(String why) implements Fetched {}
    }
}
