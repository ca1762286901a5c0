package dev.sallyport.schema.event;

/** Somebody refused the call. */
public record ApprovalDenied(String approval, Principal approver, String reason)
        implements Payload {}
