/**
 * Real servers (Kafka, PostgreSQL, OpenSearch, OAuth) started from Maven artifacts, for the local
 * stack and for tests.
 */
@NullMarked
package dev.sallyport.embedded;

import org.jspecify.annotations.NullMarked;
