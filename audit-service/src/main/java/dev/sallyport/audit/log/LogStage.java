package dev.sallyport.audit.log;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How far an entry has come in its log. It only moves forward. */
public enum LogStage {
    /** It has its index, and no other entry will ever have it. */
    SEQUENCED,
    /** It is part of a tree whose head is stored; this service does both in one transaction. */
    INTEGRATED,
    /** A signed checkpoint covers it: from now on it is proved. */
    PUBLISHED;

    /** The name in the API. */
    @JsonValue
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }
}
