/**
 * What a statement is, what it names and what in it is dangerous: pure functions over SQL text, in
 * PostgreSQL's reading of it.
 */
@NullMarked
package dev.sallyport.gateway.statement;

import org.jspecify.annotations.NullMarked;
