package dev.sallyport.schema.event;

/** Another person than the requester refused the call. Signed by the audit service. */
public record ApprovalDenied(String approval, Principal approver, String reason)
        implements Payload {}
