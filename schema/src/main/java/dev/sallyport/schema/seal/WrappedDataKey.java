package dev.sallyport.schema.seal;

import dev.sallyport.schema.id.TenantId;
import java.util.regex.Pattern;

/** A tenant's data key as the registry keeps it: of no use without the key-encryption key. */
public record WrappedDataKey(TenantId tenant, String id, String wrapped) {
    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9_-]{0,62}");
    private static final Pattern BASE64URL = Pattern.compile("[A-Za-z0-9_-]+");

    public WrappedDataKey {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    "a data key's id must be 1 to 63 of a-z, 0-9, - and _: " + id);
        }
        if (!BASE64URL.matcher(wrapped).matches()) {
            throw new IllegalArgumentException("a wrapped data key must be base64url");
        }
    }
}
