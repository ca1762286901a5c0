/**
 * The first door: takes an agent's call over MCP, decides whether it may run, and writes it to the
 * log before anything does.
 */
@NullMarked
package dev.sallyport.gateway;

import org.jspecify.annotations.NullMarked;
