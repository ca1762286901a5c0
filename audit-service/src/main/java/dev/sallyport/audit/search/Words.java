package dev.sallyport.audit.search;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Cuts texts into the words by which entries are found: runs of letters and digits, in lower case.
 */
final class Words {
    /** The longest word, in characters; of longer ones the beginning counts. */
    static final int CHARS_MAX = 64;

    /** The most words that one entry is found by. */
    static final int ENTRY_WORDS_MAX = 500;

    private static final Pattern GAP = Pattern.compile("[^\\p{L}\\p{Nd}]+");

    private Words() {}

    static List<String> of(List<String> texts) {
        var words = new LinkedHashSet<String>();
        for (String text : texts) {
            for (String word : GAP.split(text.toLowerCase(Locale.ROOT), -1)) {
                if (!word.isEmpty() && words.size() < ENTRY_WORDS_MAX) {
                    words.add(word.length() > CHARS_MAX ? word.substring(0, CHARS_MAX) : word);
                }
            }
        }
        return List.copyOf(words);
    }

    /**
     * The tsquery that finds entries with all words of the text, the last letters of each word left
     * open; empty for no word.
     */
    static String query(String text) {
        return of(List.of(text)).stream()
                .map(word -> "'" + word + "':*")
                .collect(Collectors.joining(" & "));
    }
}
