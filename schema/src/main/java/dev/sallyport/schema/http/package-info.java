/**
 * What services that answer over HTTP have in common: how much of a request is read, and for how
 * long, and what is answered to what is no request. They bring the server (Jetty) themselves.
 */
@NullMarked
package dev.sallyport.schema.http;

import org.jspecify.annotations.NullMarked;
