/**
 * The official MCP conformance suite against our protocol layer, with the fixture tools, prompts
 * and resources it asks for.
 */
@NullMarked
package dev.sallyport.e2e.conformance;

import org.jspecify.annotations.NullMarked;
