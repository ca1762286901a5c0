package dev.sallyport.audit.problem;

import java.util.Locale;

/** The stable codes of what can go wrong, with the HTTP status that tells callers of it. */
public enum AuditProblem {
    /** There is no such log. */
    LOG_NOT_FOUND(404),
    /** The token is another tenant's, whether there is such a log or not. */
    LOG_FORBIDDEN(403),
    /** The tile or bundle is not part of what the log has published. */
    TILE_NOT_FOUND(404),
    /** No event of the tenant's log names that call. */
    CALL_NOT_FOUND(404),
    /** The call's events are in the log, but no checkpoint covers them yet. */
    CALL_NOT_PUBLISHED(409),
    /** The log has no entry of that index. */
    ENTRY_NOT_FOUND(404),
    /** The entry is in the log, but no checkpoint covers it yet. */
    ENTRY_NOT_PUBLISHED(409),
    /** A query parameter has a value that cannot be right. */
    PARAMETER_INVALID(400),
    /** There is no query parameter of that name. */
    PARAMETER_UNKNOWN(400),
    /** The cursor is not one that this service gave. */
    CURSOR_INVALID(400),
    /** The token lacks the scope. */
    INSUFFICIENT_SCOPE(403),
    /** The registry cannot be followed, so a suspension might be missed. */
    REGISTRY_OUTDATED(503),
    /** Reading could not be recorded, so nothing is shown. */
    READ_NOT_RECORDED(503),
    /** The database cannot be used just now. */
    DATABASE_UNAVAILABLE(503),
    /** The database is not as it must be for the log to be trusted. */
    DATABASE_UNSAFE(503),
    /** What only the owner of the tables can do was asked for, and no owner is configured. */
    DATABASE_OWNER_MISSING(503),
    /** The topic that holds the last checkpoints cannot be read. */
    CHECKPOINTS_UNAVAILABLE(503),
    /** The logs were signed with another key than the configured one. */
    SIGNING_KEY_CHANGED(503),
    /** What is stored contradicts what was signed. */
    LOG_INCONSISTENT(503),
    /** There is nothing at that address. */
    PATH_NOT_FOUND(404),
    /** A header field that decides something stands there with several values. */
    HEADER_REPEATED(400),
    /** A header field that nobody may send. */
    HEADER_INVALID(400),
    /** The request names a host that is not this one. */
    HOST_UNKNOWN(421),
    /** The body is larger than it may be. */
    BODY_TOO_LARGE(413),
    /** The body did not arrive whole, or not in time. */
    BODY_INCOMPLETE(400),
    /** The body has another type than the one that is read here. */
    UNSUPPORTED_MEDIA_TYPE(415),
    /** As many requests are answered as there may be at once. */
    OVERLOADED(503),
    /** The tenant has its share of them. */
    TENANT_BUSY(429),
    /** The search was ended because it took too long. */
    SEARCH_TOO_SLOW(422),
    /** There is no such approval of the tenant, or it is not in the log yet. */
    APPROVAL_UNKNOWN(404),
    /** Who asked may not decide. */
    APPROVAL_OWN(403),
    /** The rule does not name this person among those who may decide. */
    NOT_AN_APPROVER(403),
    /** The caller confirms it, and nobody else decides. */
    APPROVAL_BY_CALLER(409),
    /** Its time is over. */
    APPROVAL_EXPIRED(409),
    /** Somebody refused it. */
    APPROVAL_DENIED(409),
    /** As many people as are needed have allowed it. */
    APPROVAL_GRANTED(409),
    /** A call ran by it. */
    APPROVAL_USED(409),
    /** The same person has decided on it. */
    APPROVAL_DECIDED(409),
    /** Who asked is suspended. */
    REQUESTER_SUSPENDED(409),
    /** No gateway that the registry knows signed the request. */
    APPROVAL_UNPROVED(409),
    /** What is to be decided on cannot be opened. */
    APPROVAL_UNREADABLE(409),
    /** The service has no key that gateways believe. */
    APPROVALS_UNAVAILABLE(503),
    /** The log did not acknowledge the decision. */
    DECISION_NOT_RECORDED(503),
    /** The body is not the JSON that is wanted. */
    BODY_INVALID(400),
    /** The form was not sent by the console's own page. */
    FORM_REFUSED(403),
    /** Our fault. */
    INTERNAL(500);

    private final int status;

    AuditProblem(int status) {
        this.status = status;
    }

    /** The stable code, such as {@code log_not_found}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }
}
