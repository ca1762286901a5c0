/** The whole of Sallyport on this machine: embedded servers, secrets, tenants and services. */
@NullMarked
package dev.sallyport.cli.stack;

import org.jspecify.annotations.NullMarked;
