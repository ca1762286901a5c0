package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.sallyport.schema.seal.WrappedDataKey;

/** A tenant's wrapped data key. Its removal erases whatever it sealed. */
public record DataKeyEntry(WrappedDataKey dataKey) implements RegistryEntry {
    @Override
    @JsonIgnore
    public String key() {
        return "datakey/" + dataKey.tenant() + "/" + dataKey.id();
    }
}
