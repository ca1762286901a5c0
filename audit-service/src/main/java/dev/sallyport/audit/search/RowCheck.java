package dev.sallyport.audit.search;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How what was searched agrees with the log. What is shown comes from the log in any case. */
public enum RowCheck {
    /** The entry says what it was found by. */
    AS_LOGGED,
    /** The entry says something else than what it was found by. */
    ROW_DIFFERS,
    /** The entry's bytes are not those whose hash is in the tree. */
    ENTRY_ALTERED,
    /** The log has no such entry: somebody put it among what is searched. */
    NO_ENTRY;

    /** The name in the API. */
    @JsonValue
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }
}
