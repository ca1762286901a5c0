/** A session that a newcomer can follow, played by a real MCP client. */
@NullMarked
package dev.sallyport.cli.demo;

import org.jspecify.annotations.NullMarked;
