/** What a gateway has to be told before it starts. */
@NullMarked
package dev.sallyport.gateway.config;

import org.jspecify.annotations.NullMarked;
