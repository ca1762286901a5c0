package dev.sallyport.schema.event;

/** The suspension of the subject ended. */
public record PrincipalReinstated(String subject, String reason, String by) implements Payload {}
