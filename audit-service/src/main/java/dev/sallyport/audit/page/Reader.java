package dev.sallyport.audit.page;

/**
 * Who reads.
 *
 * @param tenant whose log
 * @param subject the token's subject
 */
public record Reader(String tenant, String subject) {}
