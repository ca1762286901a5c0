package dev.sallyport.audit.tree;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Where an artefact of a log is published, relative to the log's prefix, as C2SP tlog-tiles
 * prescribes: {@code tile/<L>/<N>[.p/<W>]} and {@code tile/entries/<N>[.p/<W>]}.
 */
public sealed interface TilePath {
    /** Hashes (or entries) in a full tile. */
    int WIDTH_MAX = 256;

    /** The highest tile level that the specification knows. */
    int LEVEL_MAX = 63;

    /** The tile's place within its level. */
    long index();

    /** Hashes or entries in the tile: 256 when it is full. */
    int width();

    /** The path relative to the log's prefix, without a leading slash. */
    String path();

    /** A tile of hashes. */
    record Hashes(int level, long index, int width) implements TilePath {
        public Hashes {
            if (level < 0 || level > LEVEL_MAX) {
                throw new IllegalArgumentException("level must be 0 to 63: " + level);
            }
            check(index, width);
        }

        @Override
        public String path() {
            return "tile/" + level + "/" + group(index) + suffix(width);
        }
    }

    /** A bundle of entries; it covers the same entries as the level 0 tile of its index. */
    record Entries(long index, int width) implements TilePath {
        public Entries {
            check(index, width);
        }

        @Override
        public String path() {
            return "tile/entries/" + group(index) + suffix(width);
        }
    }

    /** The artefact that a path names; empty for any other spelling than the one prescribed. */
    static Optional<TilePath> parse(String path) {
        Matcher matcher = TileSpelling.PATH.matcher(path);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        // 18 digits keep the index well within a long; no log will ever have that many tiles
        String digits = matcher.group("index").replaceAll("[x/]", "");
        if (digits.length() > TileSpelling.INDEX_DIGITS_MAX) {
            return Optional.empty();
        }
        long index = Long.parseLong(digits);
        int width =
                matcher.group("width") == null
                        ? WIDTH_MAX
                        : Integer.parseInt(matcher.group("width"));
        String level = matcher.group("level");
        if (width > WIDTH_MAX - (matcher.group("width") == null ? 0 : 1)
                || (!level.equals("entries") && Integer.parseInt(level) > LEVEL_MAX)) {
            return Optional.empty();
        }
        TilePath tile =
                level.equals("entries")
                        ? new Entries(index, width)
                        : new Hashes(Integer.parseInt(level), index, width);
        // a path with superfluous groups (x000/001) spells the same index: only one spelling is
        // valid
        return tile.path().equals(path) ? Optional.of(tile) : Optional.empty();
    }

    /** All hash tiles of a tree of this size, level 0 first. */
    static Stream<Hashes> hashesOf(long size) {
        return IntStream.range(0, Frontier.levelsOf(size))
                .boxed()
                .flatMap(level -> hashesOf(size, level));
    }

    /** The hash tiles of one level of a tree of this size, in order. */
    static Stream<Hashes> hashesOf(long size, int level) {
        long hashes = size >>> (8 * level);
        return LongStream.range(0, tiles(hashes))
                .mapToObj(index -> new Hashes(level, index, width(hashes, index)));
    }

    /** All entry bundles of a tree of this size, in order. */
    static Stream<Entries> entriesOf(long size) {
        return LongStream.range(0, tiles(size))
                .mapToObj(index -> new Entries(index, width(size, index)));
    }

    /**
     * The tile of hashes with this level and index in a tree of this size; it must not be empty.
     */
    static Hashes in(long size, int level, long index) {
        return new Hashes(level, index, width(size >>> (8 * level), index));
    }

    private static long tiles(long hashes) {
        return (hashes + WIDTH_MAX - 1) / WIDTH_MAX;
    }

    private static int width(long hashes, long index) {
        return (int) Math.min(WIDTH_MAX, hashes - index * WIDTH_MAX);
    }

    private static void check(long index, int width) {
        if (index < 0) {
            throw new IllegalArgumentException("index must not be negative: " + index);
        }
        if (width < 1 || width > WIDTH_MAX) {
            throw new IllegalArgumentException("width must be 1 to 256: " + width);
        }
    }

    private static String suffix(int width) {
        return width == WIDTH_MAX ? "" : ".p/" + width;
    }

    /** Three digits a path element, all but the last with an x in front. */
    private static String group(long index) {
        var grouped = new StringBuilder("%03d".formatted(index % 1000));
        for (long rest = index / 1000; rest > 0; rest /= 1000) {
            grouped.insert(0, "x%03d/".formatted(rest % 1000));
        }
        return grouped.toString();
    }
}
