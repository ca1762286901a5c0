/** Databases: a caller's statement run in a session, its rows turned into JSON once. */
@NullMarked
package dev.sallyport.executor.database;

import org.jspecify.annotations.NullMarked;
