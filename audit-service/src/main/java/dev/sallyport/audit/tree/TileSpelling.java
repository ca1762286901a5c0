package dev.sallyport.audit.tree;

import java.util.regex.Pattern;

/** The spelling of tile paths. */
final class TileSpelling {
    static final Pattern PATH =
            Pattern.compile(
                    "tile/(?<level>entries|0|[1-9][0-9]?)/(?<index>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\\.p/(?<width>[1-9][0-9]{0,2}))?");
    static final int INDEX_DIGITS_MAX = 18;

    private TileSpelling() {}
}
