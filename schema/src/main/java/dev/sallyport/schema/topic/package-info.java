/** The Kafka topics, their settings, and the settings of the clients that use them. */
@NullMarked
package dev.sallyport.schema.topic;

import org.jspecify.annotations.NullMarked;
