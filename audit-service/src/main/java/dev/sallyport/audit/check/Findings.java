package dev.sallyport.audit.check;

import java.util.ArrayList;
import java.util.List;

/** What differs, in sentences; a bounded number of them. */
final class Findings {
    /** The most that are listed. */
    static final int MAX = 100;

    private final List<String> sentences = new ArrayList<>();

    void add(String sentence) {
        if (sentences.size() < MAX) {
            sentences.add(sentence);
        } else if (sentences.size() == MAX) {
            sentences.add("and more");
        }
    }

    List<String> list() {
        return List.copyOf(sentences);
    }
}
