package dev.sallyport.audit.search;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of entries, newest first.
 *
 * @param entries the entries
 * @param next the cursor of the page after this one; absent on the last
 */
public record EntryPage(List<FoundEntry> entries, @Nullable String next) {
    public EntryPage {
        entries = List.copyOf(entries);
    }
}
