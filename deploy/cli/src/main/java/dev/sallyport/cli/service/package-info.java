/** Each service as a process of its own. */
@NullMarked
package dev.sallyport.cli.service;

import org.jspecify.annotations.NullMarked;
