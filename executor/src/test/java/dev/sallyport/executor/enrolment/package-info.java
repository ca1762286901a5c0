/** Tests of this station. */
@NullMarked
package dev.sallyport.executor.enrolment;

import org.jspecify.annotations.NullMarked;
