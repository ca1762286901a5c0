/** Detectors without Kafka: what fires, and what must not. */
@NullMarked
package dev.sallyport.monitor.detect;

import org.jspecify.annotations.NullMarked;
