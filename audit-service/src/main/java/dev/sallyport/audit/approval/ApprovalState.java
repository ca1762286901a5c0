package dev.sallyport.audit.approval;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Where an approval stands. */
public enum ApprovalState {
    /** It waits for decisions. */
    OPEN,
    /** As many people allowed it as are needed; the call may run. */
    GRANTED,
    /** Somebody refused it, so the call cannot run. */
    DENIED,
    /** Its time is over, and the call cannot run. */
    EXPIRED,
    /** A call used it up. */
    USED;

    /** The name in the API. */
    @JsonValue
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }
}
