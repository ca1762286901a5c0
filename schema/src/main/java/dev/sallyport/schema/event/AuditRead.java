package dev.sallyport.schema.event;

/**
 * Somebody read the audit trail.
 *
 * @param action what was done, such as {@code search} or {@code call}
 * @param filter what was asked for, as the reader wrote it
 * @param results how many entries were shown
 */
public record AuditRead(Principal reader, String action, String filter, int results)
        implements Payload {}
