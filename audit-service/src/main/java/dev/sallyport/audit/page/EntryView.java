package dev.sallyport.audit.page;

import java.util.List;

/**
 * An entry with its proof.
 *
 * @param reader who reads
 * @param verified whether the proof held
 * @param findings what is wrong where it did not
 * @param size entries in the log that the checkpoint describes
 * @param root the root of its tree
 * @param event what the entry says
 * @param checkpoint the signed checkpoint
 * @param vkey the key that it was verified with
 */
public record EntryView(
        Reader reader,
        boolean verified,
        List<String> findings,
        long size,
        String root,
        CallView.LoggedEvent event,
        String checkpoint,
        String vkey) {
    public EntryView {
        findings = List.copyOf(findings);
    }
}
