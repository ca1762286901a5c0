package dev.sallyport.gateway.approval;

import java.time.Duration;

/** What came of using an approval. */
public sealed interface Redeemed {
    /** It is used up now, by this call and no other. */
    record Now() implements Redeemed {}

    /** There is none of that id. */
    record Unknown() implements Redeemed {}

    /** Another call used it. */
    record Before() implements Redeemed {}

    record Denied() implements Redeemed {}

    record Expired() implements Redeemed {}

    /** Not enough people allowed it yet. */
    record Pending() implements Redeemed {}

    /** It is as it was: the principal has to wait for that long after its last such call. */
    record Cooling(Duration left) implements Redeemed {}
}
