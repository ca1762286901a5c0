package dev.sallyport.audit.verify;

import java.util.Optional;

/** Something that is not as the log promised. */
public sealed interface Finding {
    /** The finding as a sentence for people. */
    String sentence();

    /**
     * An entry does not have the hash that the tree holds for it.
     *
     * @param index the entry's place in the log, from 0
     * @param eventId the id that the entry now states, where it can be read
     * @param bundle the path of the bundle that holds the entry, or the proof's place of it
     * @param why what is wrong
     */
    record EntryAltered(long index, Optional<String> eventId, String bundle, String why)
            implements Finding {
        @Override
        public String sentence() {
            return "entry "
                    + index
                    + eventId.map(id -> " (event " + id + ")").orElse("")
                    + " in "
                    + bundle
                    + ": "
                    + why;
        }
    }

    /**
     * A published tile or bundle is missing, malformed or not the one of this tree.
     *
     * @param path its path
     * @param why what is wrong
     */
    record TileAltered(String path, String why) implements Finding {
        @Override
        public String sentence() {
            return path + ": " + why;
        }
    }

    /**
     * The checkpoint is not signed by the log's key or does not describe the published tree.
     *
     * @param why what is wrong
     */
    record CheckpointAltered(String why) implements Finding {
        @Override
        public String sentence() {
            return "checkpoint: " + why;
        }
    }
}
