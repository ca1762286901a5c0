package dev.sallyport.schema.event;

import dev.sallyport.schema.id.GatewayId;

/**
 * Where the gateway that waits reads its replies: it takes those that name it and passes over the
 * others.
 */
public record ReplyAddress(GatewayId gateway, int partition) {
    public ReplyAddress {
        if (partition < 0) {
            throw new IllegalArgumentException("partition must not be negative: " + partition);
        }
    }
}
