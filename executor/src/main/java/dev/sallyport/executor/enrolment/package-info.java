/**
 * Enrolment: what a tenant's database needs before an executor may work in it, and what would leak.
 */
@NullMarked
package dev.sallyport.executor.enrolment;

import org.jspecify.annotations.NullMarked;
