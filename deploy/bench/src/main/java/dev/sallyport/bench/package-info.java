/**
 * Measures Sallyport beside other MCP database servers on the same machine, database and statement.
 */
@NullMarked
package dev.sallyport.bench;

import org.jspecify.annotations.NullMarked;
