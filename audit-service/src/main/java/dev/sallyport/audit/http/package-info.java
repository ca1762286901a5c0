/** The HTTP interface: logs as static files, search, and the proofs of calls. */
@NullMarked
package dev.sallyport.audit.http;

import org.jspecify.annotations.NullMarked;
