package dev.sallyport.monitor.health;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How the monitor fares.
 *
 * @param alive whether it detects; false is answered with 503
 * @param figures states and counts by name
 */
public record Health(boolean alive, SortedMap<String, Object> figures) {
    public Health {
        figures = new TreeMap<>(figures);
    }
}
