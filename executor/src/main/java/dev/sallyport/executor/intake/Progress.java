package dev.sallyport.executor.intake;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What became of the commands of one partition. It stands in the metadata of the committed offset,
 * so that the next owner of the partition knows which commands above that offset were settled, and
 * which may have been told as not done.
 *
 * <p>As text: the version {@code 1}, then runs from the committed offset on, each a letter and the
 * number of offsets that it covers, {@code *} for all that follow. {@code o}: open, {@code d}:
 * decided, {@code s}: settled. What no run covers is open. So {@code 1o1s40d1} at offset 100 says
 * that 100 is open, the next 40 are settled, and 141 is decided.
 */
final class Progress {
    /** What a broker takes of metadata, unless {@code offset.metadata.max.bytes} is changed. */
    static final int CHARS_MAX = 4096;

    private static final String VERSION = "1";

    /** One run, where the one before it ended: a pattern of all of them would recurse for each. */
    private static final Pattern RUN = Pattern.compile("\\G([ods])(?:([0-9]{1,18})|\\*\\z)");

    /** What became of one command. */
    enum State {
        OPEN('o'),
        /** Its caller may have been told that it was not done. */
        DECIDED('d'),
        SETTLED('s');

        private final char letter;

        State(char letter) {
            this.letter = letter;
        }

        private static State of(char letter) {
            for (State state : values()) {
                if (state.letter == letter) {
                    return state;
                }
            }
            throw new IllegalArgumentException("no state has the letter " + letter);
        }
    }

    /** Nothing was begun. */
    static final Progress NONE = new Progress(new TreeMap<>());

    /** Nothing is known, so anything may have been told. */
    static final Progress UNKNOWN =
            new Progress(new TreeMap<>(Map.of(Long.MIN_VALUE, State.DECIDED)));

    /** The first offset of each run; the last run has no end. */
    private final NavigableMap<Long, State> runs;

    private Progress(NavigableMap<Long, State> runs) {
        this.runs = runs;
    }

    /**
     * Reads the metadata of a committed offset; {@link #UNKNOWN} where it is in no form that is
     * known, as of an older version.
     */
    static Progress parse(long committed, @Nullable String metadata) {
        if (metadata == null || !metadata.startsWith(VERSION)) {
            return UNKNOWN;
        }
        Builder builder = new Builder();
        long at = committed;
        int read = VERSION.length();
        Matcher run = RUN.matcher(metadata).region(read, metadata.length());
        while (run.find()) {
            builder.add(at, State.of(run.group(1).charAt(0)));
            if (run.group(2) == null) {
                return builder.build();
            }
            at += Long.parseLong(run.group(2));
            if (at < committed) {
                return UNKNOWN;
            }
            read = run.end();
        }
        return read == metadata.length() ? builder.add(at, State.OPEN).build() : UNKNOWN;
    }

    State of(long offset) {
        var run = runs.floorEntry(offset);
        return run == null ? State.OPEN : run.getValue();
    }

    /** The same below the offset; from there on nothing was begun. */
    Progress until(long end) {
        return new Builder().addAll(runs.headMap(end, false)).add(end, State.OPEN).build();
    }

    /** The metadata of the committed offset, which is below or in the first run. */
    String text(long committed) {
        StringBuilder text = new StringBuilder(VERSION);
        State state = of(committed);
        long from = committed;
        for (var run : runs.tailMap(committed, false).entrySet()) {
            text.append(state.letter).append(run.getKey() - from);
            from = run.getKey();
            state = run.getValue();
        }
        if (state != State.OPEN) {
            text.append(state.letter).append('*');
        }
        return text.length() <= CHARS_MAX ? text.toString() : coarse(committed);
    }

    /** All that was begun may have been told: less than what is known, and never wrong. */
    private String coarse(long committed) {
        boolean ends = runs.lastEntry().getValue() == State.OPEN;
        return VERSION + State.DECIDED.letter + (ends ? runs.lastKey() - committed : "*");
    }

    /** Makes a progress of runs in their order. */
    static final class Builder {
        private final NavigableMap<Long, State> runs = new TreeMap<>();

        /** From the offset on. */
        Builder add(long from, State state) {
            State before = runs.isEmpty() ? State.OPEN : runs.lastEntry().getValue();
            if (state != before) {
                runs.put(from, state);
            }
            return this;
        }

        private Builder addAll(Map<Long, State> others) {
            others.forEach(this::add);
            return this;
        }

        /** What the other one says from the offset on. */
        Builder addFrom(long from, Progress other) {
            return add(from, other.of(from)).addAll(other.runs.tailMap(from, false));
        }

        Progress build() {
            return new Progress(runs);
        }
    }
}
