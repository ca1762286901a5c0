package dev.sallyport.schema.health;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a service fares.
 *
 * @param alive whether it does its work; false is answered with 503
 * @param figures states and counts by name
 */
public record Health(boolean alive, SortedMap<String, Object> figures) {
    public Health {
        figures = new TreeMap<>(figures);
    }
}
