/** PostgreSQL: a caller's statement under its sealed context, enrolment, and what would leak. */
@NullMarked
package dev.sallyport.executor.engine.postgresql;

import org.jspecify.annotations.NullMarked;
