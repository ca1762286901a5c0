package dev.sallyport.schema.seal;

import dev.sallyport.schema.id.TenantId;

/** A tenant's data key as the registry keeps it: of no use without the key-encryption key. */
public record WrappedDataKey(TenantId tenant, String id, String wrapped) {
    public WrappedDataKey {
        if (!DataKeyForm.id(id, 0, id.length())) {
            throw new IllegalArgumentException(
                    "a data key's id must be 1 to 63 of a-z, 0-9, - and _: " + id);
        }
        if (!DataKeyForm.base64url(wrapped, 0, wrapped.length())) {
            throw new IllegalArgumentException("a wrapped data key must be base64url");
        }
    }
}
