/** What calls wait for, and what people decide on it. */
@NullMarked
package dev.sallyport.audit.approval;

import org.jspecify.annotations.NullMarked;
