/**
 * The built-in tools: what they are called, what they take, and what happens when one is called.
 */
@NullMarked
package dev.sallyport.gateway.tool;

import org.jspecify.annotations.NullMarked;
