package dev.sallyport.audit.page;

import dev.sallyport.audit.search.EntryFilter;
import dev.sallyport.audit.search.Facts;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The list of entries.
 *
 * @param reader who reads
 * @param asked what the form holds, by parameter
 * @param rows the entries
 * @param older the link to older ones
 * @param newest the link back to the newest, where the page is an older one
 * @param withReads the link to the same with the readings of the log, where they are left out
 * @param mistake what is wrong with the form, and with which field it begins
 */
public record EntriesView(
        Reader reader,
        Map<String, String> asked,
        List<EntryRow> rows,
        @Nullable String older,
        @Nullable String newest,
        @Nullable String withReads,
        @Nullable String mistake) {
    public EntriesView {
        asked = Map.copyOf(asked);
        rows = List.copyOf(rows);
    }

    /** What the field of the form holds. */
    public String value(String name) {
        return asked.getOrDefault(name, "");
    }

    /** True when anything but the newest entries is asked for. */
    public boolean filtered() {
        return !asked.isEmpty();
    }

    /** The outcomes to choose from. */
    public List<String> outcomes() {
        return Facts.OUTCOMES;
    }

    /** The kinds to choose from. */
    public List<String> kinds() {
        return EntryFilter.KINDS;
    }

    /** A kind in plain words. */
    public String kindName(String kind) {
        return Wording.kind(kind);
    }
}
