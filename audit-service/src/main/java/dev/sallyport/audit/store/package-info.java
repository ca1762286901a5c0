/**
 * The database of the audit log: its settings, its migrations, and a role that can insert and
 * select and nothing else.
 */
@NullMarked
package dev.sallyport.audit.store;

import org.jspecify.annotations.NullMarked;
