package dev.sallyport.schema.event;

/** Somebody other than the requester allowed the call. */
public record ApprovalGranted(String approval, Principal approver) implements Payload {}
