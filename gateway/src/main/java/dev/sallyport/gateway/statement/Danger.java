package dev.sallyport.gateway.statement;

import dev.sallyport.schema.sql.Fault;

/**
 * Why a statement is refused whatever the caller's scopes are. The code is stable: clients and
 * dashboards may rely on it.
 */
public enum Danger {
    EMPTY("empty_statement", "there is no statement in the text: send exactly one SQL statement"),
    SEVERAL_STATEMENTS(
            "several_statements", "one statement at a time: send each in a call of its own"),
    TOO_LARGE(Fault.Kind.TOO_LARGE),
    TOO_DEEP(Fault.Kind.TOO_DEEP),
    MALFORMED(Fault.Kind.MALFORMED),
    CONTROL_CHARACTER(Fault.Kind.CONTROL_CHARACTER),
    DRIVER_ESCAPE(Fault.Kind.DRIVER_ESCAPE),
    AMBIGUOUS_PLACEHOLDER(Fault.Kind.AMBIGUOUS_PLACEHOLDER),
    FILE_ACCESS(
            "file_access",
            "files and large objects of the database server are out of reach, and so is COPY"),
    SLEEP("sleep", "a statement may not put the database to sleep"),
    LOCK("lock", "explicit and advisory locks are not allowed: they outlive or block other calls"),
    SESSION_STATE(
            "session_state",
            "settings, prepared statements and other state of the session cannot be changed: every call starts clean"),
    ROLE_CHANGE(
            "role_change",
            "the role and the caller's context cannot be changed from inside a statement"),
    TRANSACTION_CONTROL(
            "transaction_control",
            "each call runs in a transaction of its own, which is not yours to control"),
    NOTIFICATION("notification", "LISTEN and NOTIFY reach other sessions and are not allowed"),
    CURSOR("cursor", "cursors are not available: page with LIMIT and a key condition"),
    ANONYMOUS_CODE("anonymous_code", "DO blocks are not allowed: send the statements themselves"),
    DYNAMIC_SQL(
            "dynamic_sql",
            "functions that run SQL from text are not allowed: send that SQL as the statement"),
    SERVER_CONTROL(
            "server_control",
            "functions and commands that steer the database server are not allowed"),
    SERVER_ACTIVITY(
            "server_activity",
            "what other sessions do and the server's own secrets are not visible to a call"),
    NETWORK("network", "a statement may not reach other servers"),
    STORED_CODE(
            "stored_code",
            "functions, triggers, rules, operators and extensions are installed by migrations, not by calls"),
    ROW_SECURITY(
            "row_security",
            "policies, ownership and row security keep tenants apart and are changed by enrolment only"),
    PLAN(
            "plan",
            "a plan is estimated from rows of all tenants: EXPLAIN needs a database that holds one tenant's rows, or a grant with statistics"),
    FUNCTION(
            "function_unknown",
            "only functions that are known to be safe can be called: the database's owner can allow others by name in its registry entry"),
    CATALOGUE(
            "catalogue",
            "the catalogue shows structure by named columns, not activity, sizes, statistics, roles or code: name the columns that you need"),
    SETTING(
            "setting",
            "settings may hold secrets of others: those that say how values are read and what holds for a call are shown, one by one and by a literal name"),
    SYSTEM_COLUMN(
            "system_column",
            "where a row lies and which transactions touched it tell of all callers' rows: use the table's key, or a version column of its own"),
    XML(
            "xml",
            "XML is read by code that cannot be cancelled, so this database does not allow it: use json"),
    ADMINISTRATION(
            "administration",
            "rights, roles and maintenance are the database owner's, and no call can change them"),
    SYNTAX("syntax_error", "no SQL statement begins like this, or parentheses do not match"),
    SYSTEM_CATALOG("system_catalog", "the system catalogs can be read, not written"),
    PLATFORM_SCHEMA(
            "platform_schema",
            "the schema sallyport belongs to the platform: nothing in it can be named by a call");

    private final String code;
    private final String message;

    Danger(Fault.Kind fault) {
        this(fault.code(), fault.message());
    }

    Danger(String code, String message) {
        this.code = code;
        this.message = message;
    }

    static Danger of(Fault.Kind fault) {
        return switch (fault) {
            case TOO_LARGE -> TOO_LARGE;
            case TOO_DEEP -> TOO_DEEP;
            case MALFORMED -> MALFORMED;
            case CONTROL_CHARACTER -> CONTROL_CHARACTER;
            case DRIVER_ESCAPE -> DRIVER_ESCAPE;
            case AMBIGUOUS_PLACEHOLDER -> AMBIGUOUS_PLACEHOLDER;
        };
    }

    /** The stable code, in lower snake case. */
    public String code() {
        return code;
    }

    /** One plain sentence that says what would be right. It holds nothing of the statement. */
    public String message() {
        return message;
    }
}
