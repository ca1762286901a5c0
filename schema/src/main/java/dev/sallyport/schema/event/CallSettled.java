package dev.sallyport.schema.event;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.GatewayId;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a call. It repeats who called what, so that a reader needs no other event. Made by
 * {@link #succeeded}, {@link #stopped} and {@link #answered}.
 *
 * @param database absent for calls that concern none, such as listing the databases
 * @param code the stable code of what went wrong; absent where the call succeeded
 * @param sqlState the database's SQLSTATE, where it gave one
 * @param rows rows returned
 * @param rowsAffected rows that a write added, changed or removed
 * @param bytes bytes of the result
 * @param truncated whether there were more rows than the limits allow
 * @param cardNumbersCut full card numbers in the result, of which the last four digits were left;
 *     absent where there was none
 * @param rehearsed true where the statement was run to tell its effect and taken back, or would
 *     have been; else absent
 * @param resultDigest HMAC-SHA256 of the result's bytes under a key of the tenant, base64url;
 *     absent without a result
 * @param executor the name of the executor, or of the gateway that answered by itself
 * @param attempt 1 where the call ran when first delivered
 */
public record CallSettled(
        CallId call,
        Principal principal,
        String tool,
        @Nullable DatabaseName database,
        StatementClass statementClass,
        List<String> tables,
        @Nullable String fingerprint,
        Ended ended,
        @Nullable String code,
        @Nullable String sqlState,
        long rows,
        long rowsAffected,
        long bytes,
        boolean truncated,
        @Nullable Integer cardNumbersCut,
        @Nullable Boolean rehearsed,
        Timings timings,
        @Nullable String resultDigest,
        @Nullable Attested attested,
        String executor,
        int attempt)
        implements Payload {
    /** The codes with which an executor or a database turns away what the caller may not do. */
    private static final Set<String> REFUSALS =
            Set.of(
                    "principal_suspended",
                    "tenant_unknown",
                    "wrong_cell",
                    "database_unknown",
                    "tool_unknown",
                    "read_only",
                    "several_statements",
                    "statement_refused",
                    "permission_denied",
                    "row_security",
                    "context_refused");

    public CallSettled {
        tables = List.copyOf(tables);
        if ((ended == Ended.SUCCEEDED) != (code == null)) {
            throw new IllegalArgumentException(
                    "code must be given just where the call did not succeed: "
                            + ended
                            + ", "
                            + code);
        }
        if (rehearsed != null && !rehearsed) {
            throw new IllegalArgumentException("rehearsed must be true or absent: false");
        }
        if (attempt < 1) {
            throw new IllegalArgumentException("attempt must be positive: " + attempt);
        }
    }

    /**
     * Whether the call was turned away for what its caller may do. A reader who asks who was
     * refused means these as well as those that a gateway refused.
     */
    public boolean refused() {
        return ended == Ended.FAILED && code != null && REFUSALS.contains(code);
    }

    /**
     * What was asked, which an outcome repeats.
     *
     * @param database absent for calls that concern none
     * @param rehearsed true for a rehearsal, else absent
     */
    public record Asked(
            CallId call,
            Principal principal,
            String tool,
            @Nullable DatabaseName database,
            StatementClass statementClass,
            List<String> tables,
            @Nullable String fingerprint,
            @Nullable Boolean rehearsed) {
        public Asked {
            tables = List.copyOf(tables);
        }

        /** What is asked in earnest. */
        public Asked(
                CallId call,
                Principal principal,
                String tool,
                @Nullable DatabaseName database,
                StatementClass statementClass,
                List<String> tables,
                @Nullable String fingerprint) {
            this(call, principal, tool, database, statementClass, tables, fingerprint, null);
        }

        /** What the command asks. */
        public static Asked by(CallAuthorized command) {
            return new Asked(
                    command.call(),
                    command.principal(),
                    command.tool(),
                    command.database(),
                    command.statementClass(),
                    command.tables(),
                    command.fingerprint(),
                    command.access() == Access.REHEARSE ? true : null);
        }
    }

    /**
     * The size of what a call that succeeded gave and changed, and its proof; the members are those
     * of the outcome.
     */
    public record Result(
            long rows,
            long rowsAffected,
            long bytes,
            boolean truncated,
            int cardNumbersCut,
            @Nullable String digest,
            @Nullable Attested attested) {
        /** The result of a call that changed nothing and that no database attested. */
        public static Result read(long rows, long bytes, @Nullable String digest) {
            return new Result(rows, 0, bytes, false, 0, digest, null);
        }
    }

    /** The database did it. */
    public static CallSettled succeeded(
            Asked asked, Result result, Timings timings, String executor, int attempt) {
        return new CallSettled(
                asked.call(),
                asked.principal(),
                asked.tool(),
                asked.database(),
                asked.statementClass(),
                asked.tables(),
                asked.fingerprint(),
                Ended.SUCCEEDED,
                null,
                null,
                result.rows(),
                result.rowsAffected(),
                result.bytes(),
                result.truncated(),
                result.cardNumbersCut() == 0 ? null : result.cardNumbersCut(),
                asked.rehearsed(),
                timings,
                result.digest(),
                result.attested(),
                executor,
                attempt);
    }

    /**
     * It ended in any other way.
     *
     * @param ended anything but {@link Ended#SUCCEEDED}
     */
    public static CallSettled stopped(
            Asked asked,
            Ended ended,
            String code,
            @Nullable String sqlState,
            Timings timings,
            String executor) {
        return new CallSettled(
                asked.call(),
                asked.principal(),
                asked.tool(),
                asked.database(),
                asked.statementClass(),
                asked.tables(),
                asked.fingerprint(),
                ended,
                code,
                sqlState,
                0,
                0,
                0,
                false,
                null,
                asked.rehearsed(),
                timings,
                null,
                null,
                executor,
                1);
    }

    /** A gateway answered it by itself, since it concerns no database. */
    public static CallSettled answered(Asked asked, Result result, GatewayId gateway) {
        if (asked.database() != null) {
            throw new IllegalArgumentException(
                    "a gateway settles no call of a database: " + asked.database());
        }
        return succeeded(asked, result, Timings.NONE, gateway.value(), 1);
    }

    /**
     * Whether it says of the call what the other one says: how it ended and what it changed. A
     * database's ledger remembers the rows that a write changed and nothing else of its result, so
     * that is not compared where it answered for one of them.
     */
    boolean repeats(CallSettled first) {
        CallSettled same = asOf(first);
        return same.equals(first)
                || (ended == Ended.SUCCEEDED
                        && (attempt > 1 || first.attempt > 1)
                        && same.withoutResult().equals(first.withoutResult()));
    }

    private CallSettled asOf(CallSettled first) {
        return with(first.timings, first.executor, first.attempt);
    }

    private CallSettled with(Timings otherTimings, String otherExecutor, int otherAttempt) {
        return new CallSettled(
                call,
                principal,
                tool,
                database,
                statementClass,
                tables,
                fingerprint,
                ended,
                code,
                sqlState,
                rows,
                rowsAffected,
                bytes,
                truncated,
                cardNumbersCut,
                rehearsed,
                otherTimings,
                resultDigest,
                attested,
                otherExecutor,
                otherAttempt);
    }

    private CallSettled withoutResult() {
        return new CallSettled(
                call,
                principal,
                tool,
                database,
                statementClass,
                tables,
                fingerprint,
                ended,
                code,
                sqlState,
                0,
                rowsAffected,
                0,
                false,
                null,
                rehearsed,
                timings,
                null,
                null,
                executor,
                attempt);
    }

    /** The same without the lists and texts that it repeats from the command. */
    public CallSettled withoutStatement() {
        return new CallSettled(
                call,
                principal,
                tool,
                database,
                statementClass,
                List.of(),
                null,
                ended,
                code,
                sqlState,
                rows,
                rowsAffected,
                bytes,
                truncated,
                cardNumbersCut,
                rehearsed,
                timings,
                resultDigest,
                attested,
                executor,
                attempt);
    }
}
