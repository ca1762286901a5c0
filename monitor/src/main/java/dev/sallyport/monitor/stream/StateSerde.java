package dev.sallyport.monitor.stream;

import dev.sallyport.schema.json.Json;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * State as JSON. What an older version wrote and this one cannot read counts as no state: to learn
 * a baseline again is better than to stand still.
 */
record StateSerde<S>(Class<S> type) implements Serde<S> {
    private static final Logger LOG = LoggerFactory.getLogger(StateSerde.class);

    @Override
    public Serializer<S> serializer() {
        return (topic, state) -> state == null ? null : Json.mapper().writeValueAsBytes(state);
    }

    @Override
    public Deserializer<S> deserializer() {
        return (topic, bytes) -> bytes == null ? null : read(bytes);
    }

    private @Nullable S read(byte[] bytes) {
        try {
            return Json.mapper().readValue(bytes, type);
        } catch (JacksonException e) {
            LOG.atWarn()
                    .addKeyValue("state", type.getSimpleName())
                    .addKeyValue("problem", e.getClass().getSimpleName())
                    .log("a state of another version was given up");
            return null;
        }
    }
}
