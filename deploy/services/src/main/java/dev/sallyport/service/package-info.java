/**
 * One service as a process: its options, its log on standard error, and how it ends. What is here
 * needs nothing of the embedded servers, and each service runs with its own dependencies alone.
 */
@NullMarked
package dev.sallyport.service;

import org.jspecify.annotations.NullMarked;
