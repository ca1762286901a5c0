/** How every service reads its configuration. */
@NullMarked
package dev.sallyport.schema.config;

import org.jspecify.annotations.NullMarked;
