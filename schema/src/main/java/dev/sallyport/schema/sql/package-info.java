/** How a text of SQL is cut into tokens, and which of its question marks are placeholders. */
@NullMarked
package dev.sallyport.schema.sql;

import org.jspecify.annotations.NullMarked;
