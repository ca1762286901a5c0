package dev.sallyport.audit.verify;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the event id in the bytes of an entry, whatever else was done to them. */
final class EventIdIn {
    // the attribute stands near the beginning of every event; no parser, for the entry may be
    // broken
    private static final Pattern ID = Pattern.compile("\"id\":\"([0-9a-zA-Z-]{1,64})\"");
    private static final int BEGINNING_BYTES = 512;

    private EventIdIn() {}

    static Optional<String> entry(byte[] entry) {
        Matcher matcher =
                ID.matcher(
                        new String(
                                entry,
                                0,
                                Math.min(entry.length, BEGINNING_BYTES),
                                StandardCharsets.UTF_8));
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
