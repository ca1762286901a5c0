package dev.sallyport.gateway.protocol;

/**
 * Every error that a caller can be answered with: its stable code, its HTTP status and its JSON-RPC
 * code. This table is the one place where an error gets its outward form.
 *
 * <p>Errors that JSON-RPC or MCP define have their numbers. The others use their HTTP status as
 * number, which lies outside the range that JSON-RPC reserves, as MCP 2026-07-28 asks for.
 */
public enum ErrorCode {
    // What HTTP can tell without the body's meaning
    METHOD_NOT_ALLOWED("method_not_allowed", 405, 405),
    NOT_FOUND("not_found", 404, 404),
    ORIGIN_NOT_ALLOWED("origin_not_allowed", 403, 403),
    HEADER_REPEATED("header_repeated", 400, 400),
    HEADER_INVALID("header_invalid", 400, 400),
    UNSUPPORTED_MEDIA_TYPE("unsupported_media_type", 415, 415),
    NOT_ACCEPTABLE("not_acceptable", 406, 406),
    BODY_TOO_LARGE("body_too_large", 413, 413),
    BODY_INCOMPLETE("body_incomplete", 400, -32700),

    // Who calls
    TOKEN_MISSING("token_missing", 401, 401),
    TOKEN_REJECTED("token_rejected", 401, 401),
    ISSUER_UNREACHABLE("issuer_unreachable", 503, 503),
    REGISTRY_OUTDATED("registry_outdated", 503, 503),
    PRINCIPAL_SUSPENDED("principal_suspended", 403, 403),
    INSUFFICIENT_SCOPE("insufficient_scope", 403, 403),

    // The message
    MALFORMED_JSON("malformed_json", 400, -32700),
    INVALID_REQUEST("invalid_request", 400, -32600),
    METHOD_UNKNOWN("method_unknown", 404, -32601),
    META_INVALID("meta_invalid", 400, -32602),
    PARAMS_INVALID("params_invalid", 400, -32602),
    HEADER_MISMATCH("header_mismatch", 400, -32020),
    CAPABILITY_MISSING("capability_missing", 400, -32021),
    VERSION_UNSUPPORTED("version_unsupported", 400, -32022),

    // What a handler says of a well-formed request
    TOOL_UNKNOWN("tool_unknown", 200, -32602),
    NAME_UNKNOWN("name_unknown", 200, -32602),

    // Whether it can be worked on now
    LOG_UNAVAILABLE("log_unavailable", 503, 503),
    DEADLINE_EXCEEDED("deadline_exceeded", 504, 504),
    STOPPING("stopping", 503, 503),
    OVERLOADED("overloaded", 503, 503),
    TENANT_BUSY("tenant_busy", 429, 429),
    RATE_LIMITED("rate_limited", 429, 429),
    LIMITS_UNAVAILABLE("limits_unavailable", 503, 503),
    APPROVALS_UNAVAILABLE("approvals_unavailable", 503, 503),
    CELL_BUSY("cell_busy", 503, 503),
    CELL_UNAVAILABLE("cell_unavailable", 503, 503),
    INTERNAL("internal", 500, -32603);

    private final String code;
    private final int httpStatus;
    private final int rpcCode;

    ErrorCode(String code, int httpStatus, int rpcCode) {
        this.code = code;
        this.httpStatus = httpStatus;
        this.rpcCode = rpcCode;
    }

    /** The stable code that callers may rely on; it stands in {@code error.data.code}. */
    public String code() {
        return code;
    }

    Refusal.Form.RpcError form() {
        return new Refusal.Form.RpcError(httpStatus, rpcCode);
    }
}
