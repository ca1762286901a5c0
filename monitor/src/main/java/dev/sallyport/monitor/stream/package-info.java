/** The Kafka Streams topology: events in, alerts and suspensions out, exactly once. */
@NullMarked
package dev.sallyport.monitor.stream;

import org.jspecify.annotations.NullMarked;
