package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.postgresql.Transaction.Stage;
import dev.sallyport.schema.event.Ended;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What a caller is told of a database's error. The database's words are passed on only for errors
 * of the statement itself; those of other errors may quote values of rows, so the caller gets the
 * condition's name and the names of what it concerns.
 */
final class Problems {
    /** indeterminate_datatype */
    private static final String NOT_SUPPORTED = "0A000";

    private static final String TYPE_UNCLEAR = "42P18";

    private static final Pattern PARAMETER = Pattern.compile("parameter (\\$[0-9]{1,5})");

    private static final String CANCELLED = "57014";

    /** Routines of PostgreSQL 14 to 18 that refuse a text as JSON. */
    private static final Set<String> JSON_REFUSED =
            Set.of("json_ereport_error", "json_errsave_error", "report_parse_error");

    /** Characters of the database's own words that are passed on. */
    private static final int WORDS_MAX = 500;

    private static final Map<String, String> CONDITIONS =
            Map.ofEntries(
                    Map.entry(NOT_SUPPORTED, "feature_not_supported"),
                    Map.entry("21000", "cardinality_violation"),
                    Map.entry("22000", "data_exception"),
                    Map.entry("22001", "string_data_right_truncation"),
                    Map.entry("22003", "numeric_value_out_of_range"),
                    Map.entry("22004", "null_value_not_allowed"),
                    Map.entry("22007", "invalid_datetime_format"),
                    Map.entry("22008", "datetime_field_overflow"),
                    Map.entry("22009", "invalid_time_zone_displacement_value"),
                    Map.entry("22011", "substring_error"),
                    Map.entry("22012", "division_by_zero"),
                    Map.entry("22013", "invalid_preceding_or_following_size"),
                    Map.entry("22014", "invalid_argument_for_ntile_function"),
                    Map.entry("22015", "interval_field_overflow"),
                    Map.entry("22016", "invalid_argument_for_nth_value_function"),
                    Map.entry("2201B", "invalid_regular_expression"),
                    Map.entry("2201E", "invalid_argument_for_logarithm"),
                    Map.entry("2201F", "invalid_argument_for_power_function"),
                    Map.entry("2201G", "invalid_argument_for_width_bucket_function"),
                    Map.entry("2201W", "invalid_row_count_in_limit_clause"),
                    Map.entry("2201X", "invalid_row_count_in_result_offset_clause"),
                    Map.entry("22019", "invalid_escape_character"),
                    Map.entry("22021", "character_not_in_repertoire"),
                    Map.entry("22023", "invalid_parameter_value"),
                    Map.entry("22025", "invalid_escape_sequence"),
                    Map.entry("22026", "string_data_length_mismatch"),
                    Map.entry("2202E", "array_subscript_error"),
                    Map.entry("22030", "duplicate_json_object_key_value"),
                    Map.entry("22032", "invalid_json_text"),
                    Map.entry("22033", "invalid_sql_json_subscript"),
                    Map.entry("22034", "more_than_one_sql_json_item"),
                    Map.entry("22035", "no_sql_json_item"),
                    Map.entry("2203A", "sql_json_member_not_found"),
                    Map.entry("2203F", "sql_json_scalar_required"),
                    Map.entry("22P02", "invalid_text_representation"),
                    Map.entry("22P03", "invalid_binary_representation"),
                    Map.entry("22P05", "untranslatable_character"),
                    Map.entry("23001", "restrict_violation"),
                    Map.entry("23502", "not_null_violation"),
                    Map.entry("23503", "foreign_key_violation"),
                    Map.entry("23505", "unique_violation"),
                    Map.entry("23514", "check_violation"),
                    Map.entry("23P01", "exclusion_violation"),
                    Map.entry("42601", "syntax_error"),
                    Map.entry("42602", "invalid_name"),
                    Map.entry("42703", "undefined_column"),
                    Map.entry("42704", "undefined_object"),
                    Map.entry("42804", "datatype_mismatch"),
                    Map.entry("42883", "undefined_function"),
                    Map.entry("42P01", "undefined_table"),
                    Map.entry("53200", "out_of_memory"),
                    Map.entry("54000", "program_limit_exceeded"),
                    Map.entry("54001", "statement_too_complex"),
                    Map.entry("P0001", "raise_exception"));

    private Problems() {}

    /**
     * @param written where a character of the statement that was sent stands in what the caller
     *     wrote
     */
    static Answer.Stopped of(
            Stage stage,
            SQLException error,
            Cancellation.@Nullable Reason reason,
            IntUnaryOperator written) {
        if (reason != null) {
            return stopped(reason);
        }
        return switch (stage) {
            case CONNECT -> connecting(error, written);
            case ENTER -> entering(error, written);
            case STATEMENT, COMMIT -> running(error, written);
        };
    }

    static Answer.Stopped stopped(Cancellation.Reason reason) {
        return switch (reason) {
            case DEADLINE ->
                    new Answer.Stopped(
                            Ended.EXPIRED,
                            "deadline_exceeded",
                            "the call's time was over before the database was done",
                            null);
            case SUSPENSION ->
                    new Answer.Stopped(
                            Ended.CANCELLED,
                            "principal_suspended",
                            "the caller was suspended while the call ran",
                            null);
            case WITHDRAWAL -> Answer.withdrawn();
        };
    }

    static Answer.Stopped unknown(SQLException error) {
        return new Answer.Stopped(
                Ended.UNKNOWN,
                "commit_unknown",
                "the connection broke while the write was committed, and whether it was cannot be"
                        + " told: read before you write again",
                error.getSQLState());
    }

    private static Answer.Stopped connecting(SQLException error, IntUnaryOperator written) {
        String state = state(error);
        if (state.equals("53300") || !(isOurs(state) || isMissing(state))) {
            return failed(
                    "database_unavailable",
                    "the database cannot be reached just now; try again later",
                    error.getSQLState());
        }
        return entering(error, written);
    }

    private static Answer.Stopped entering(SQLException error, IntUnaryOperator written) {
        String state = state(error);
        if (isMissing(state)) {
            return failed(
                    "database_not_enrolled",
                    "the database is not enrolled for this executor's login",
                    state);
        }
        return isOurs(state) ? sealing(state) : running(error, written);
    }

    /** A SQLSTATE of the enrolment or of ours. */
    private static boolean isOurs(String state) {
        return state.startsWith("SP");
    }

    private static boolean isMissing(String state) {
        return switch (state) {
            case "3F000", "42883", "42501", "42P01" -> true;
            default -> false;
        };
    }

    private static Answer.Stopped sealing(String state) {
        return switch (state) {
            case Session.CALLED_OFF_STATE -> Answer.notRun();
            case Session.EFFECT_CHANGED_STATE -> Answer.effectChanged();
            case "SP003", Backend.CLOCK_DIFFERS ->
                    failed(
                            "database_clock_differs",
                            "the clocks of the database and of the executor are too far apart",
                            state);
            case Backend.OTHER_VERSION ->
                    failed(
                            "enrolment_version_differs",
                            "the database's enrolment and the executor are of different versions:"
                                    + " run the enrolment of this executor's version",
                            state);
            case Backend.POOLED ->
                    failed(
                            "database_behind_pooler",
                            "a connection pooler stands before the database; the executor needs a"
                                    + " connection of its own",
                            state);
            case Backend.SETTINGS_REFUSED ->
                    failed(
                            "database_settings_refused",
                            "the server does not take the settings that a session starts with; it"
                                    + " must be PostgreSQL 14 or newer",
                            state);
            case Backend.UNMASKED ->
                    failed(
                            "masks_missing",
                            "columns of this database are to be masked and are not, so nothing runs in"
                                    + " it until its operator runs sallyport database mask",
                            state);
            case Session.UNCONFIRMED ->
                    failed(
                            "write_unconfirmed",
                            "the log did not confirm the write in its time; it was taken back and"
                                    + " changed nothing: send it again",
                            null);
            case "SP009" -> failed("transaction_broken", named(state, null), state);
            default ->
                    failed(
                            "context_refused",
                            "the database does not take the caller's context: its enrolment and the"
                                    + " executor's keys must agree",
                            state);
        };
    }

    private static Answer.Stopped running(SQLException error, IntUnaryOperator written) {
        String state = state(error);
        if (state.isEmpty()) {
            return failed("database_error", "the database gave an error without a code", null);
        }
        if (isOurs(state)) {
            return sealing(state);
        }
        String code =
                switch (state) {
                    case CANCELLED -> "statement_timeout";
                    case "55P03" -> "lock_timeout";
                    case "25006" -> "read_only";
                    case "42501" -> isPolicy(error) ? "row_security" : "permission_denied";
                    default -> byClass(state.substring(0, 2));
                };
        return failed(code, message(code, state, error, written), state);
    }

    /**
     * Whether a policy refused a row. PostgreSQL uses one SQLSTATE for that and for missing rights;
     * the name of its routine, unlike its words, is the same in all languages.
     */
    private static boolean isPolicy(SQLException error) {
        return routine(error).equals("ExecWithCheckOptions");
    }

    /** Whether the row is one that an INSERT ... ON CONFLICT would have updated. */
    private static boolean isUpsert(SQLException error) {
        ServerErrorMessage server = server(error);
        return server != null && String.valueOf(server.getMessage()).contains("(USING ");
    }

    /** The words of PostgreSQL's own check of rights, which name an object and nothing else. */
    private static String missingRight(SQLException error) {
        ServerErrorMessage server = server(error);
        return server != null && routine(error).startsWith("aclcheck_error")
                ? ": " + server.getMessage()
                : "";
    }

    private static String routine(SQLException error) {
        ServerErrorMessage server = server(error);
        return server == null ? "" : String.valueOf(server.getRoutine());
    }

    private static String byClass(String sqlClass) {
        return switch (sqlClass) {
            case "08" -> "connection_lost";
            case "0A", "26", "34", "3F", "42" -> "statement_invalid";
            case "22" -> "data_exception";
            case "23" -> "constraint_violation";
            case "25", "2D" -> "transaction_broken";
            case "40" -> "conflict";
            case "53", "54" -> "database_limit";
            case "57" -> "database_unavailable";
            default -> "database_error";
        };
    }

    private static String message(
            String code, String state, SQLException error, IntUnaryOperator written) {
        return switch (code) {
            case "statement_timeout" ->
                    "the statement took longer than it may; ask for less, or with a filter on an"
                            + " index";
            case "lock_timeout" -> "another transaction holds what the statement needs; try again";
            case "read_only" -> "the call may only read, and the statement would write";
            case "statement_invalid" ->
                    state.equals(TYPE_UNCLEAR) ? typeUnclear(error) : quoted(state, error, written);
            case "permission_denied" ->
                    "the database does not permit this to the caller's role" + missingRight(error);
            case "row_security" ->
                    isUpsert(error)
                            ? "row-level security refuses to change the row that the insertion conflicts with:"
                                    + " it is not the caller's"
                            : "row-level security refuses the row: with these values it would not be the"
                                    + " caller's";
            case "conflict" -> "another transaction changed the same rows; try again";
            case "connection_lost" ->
                    "the connection to the database was lost; nothing was changed";
            default -> named(state, error) + at(error, written) + jsonHint(state, error);
        };
    }

    /**
     * A string may be meant as JSON's string; the routine's name tells, as words are translated.
     */
    private static String jsonHint(String state, SQLException error) {
        ServerErrorMessage server = server(error);
        boolean given = server != null && parameter(server.getWhere()) != null;
        return given && state.equals("22P02") && JSON_REFUSED.contains(routine(error))
                ? ". It is no JSON: a string is taken as JSON's text, so that JSON's own string needs"
                        + " its quotes, such as \"\\\"a\\\"\"; objects and arrays can be given as they are"
                : "";
    }

    /** Where in the statement the error is; only the statement's own literals have a place. */
    private static String at(SQLException error, IntUnaryOperator written) {
        ServerErrorMessage server = server(error);
        return server == null || server.getPosition() < 1
                ? ""
                : " at character " + written.applyAsInt(server.getPosition());
    }

    /**
     * The database's own words, where they speak of the statement: only errors of its analysis have
     * a position in it. The same codes are also raised while a statement runs, and then quote
     * values: a text that is read as a query or as a name may be made of any row.
     */
    private static String quoted(String state, SQLException error, IntUnaryOperator written) {
        ServerErrorMessage server = server(error);
        if (server == null || server.getMessage() == null) {
            String ours = error instanceof PSQLException ? null : error.getMessage();
            return ours == null ? named(state, error) : ours;
        }
        if (server.getPosition() < 1) {
            return named(state, error)
                    + (state.equals(NOT_SUPPORTED)
                            ? ". A column that a view masks or works out cannot be written"
                            : "");
        }
        String hint = server.getHint();
        String words = server.getMessage() + at(error, written) + (hint == null ? "" : ". " + hint);
        return words.length() <= WORDS_MAX ? words : words.substring(0, WORDS_MAX) + "...";
    }

    /** Its words name a parameter, and quote nothing. */
    private static String typeUnclear(SQLException error) {
        ServerErrorMessage server = server(error);
        String parameter = server == null ? null : parameter(server.getMessage());
        String name = parameter == null ? "$n" : parameter;
        return "the type of parameter %s cannot be told by its place: write it with one, such as %s::text"
                .formatted(name, name);
    }

    /** The placeholder that the words name. What else they say may quote values. */
    private static @Nullable String parameter(@Nullable String words) {
        Matcher found = words == null ? null : PARAMETER.matcher(words);
        return found != null && found.find() ? found.group(1) : null;
    }

    /** The condition's name, and the names of what it concerns. */
    private static String named(String state, @Nullable SQLException error) {
        StringBuilder message =
                new StringBuilder("the database answered SQLSTATE ")
                        .append(state)
                        .append(
                                CONDITIONS.containsKey(state)
                                        ? " (" + CONDITIONS.get(state) + ")"
                                        : "");
        ServerErrorMessage server = server(error);
        if (server != null) {
            List<String> concerned = new ArrayList<>();
            add(concerned, "constraint", server.getConstraint());
            add(concerned, "column", server.getColumn());
            add(concerned, "table", server.getTable());
            add(concerned, "parameter", parameter(server.getWhere()));
            if (!concerned.isEmpty()) {
                message.append(": ").append(String.join(", ", concerned));
            }
        }
        return message.toString();
    }

    private static void add(List<String> concerned, String what, @Nullable String name) {
        if (name != null) {
            concerned.add(what + " " + name);
        }
    }

    private static @Nullable ServerErrorMessage server(@Nullable SQLException error) {
        return error instanceof PSQLException psql ? psql.getServerErrorMessage() : null;
    }

    private static String state(SQLException error) {
        String state = error.getSQLState();
        return state == null || state.length() != 5 ? "" : state;
    }

    private static Answer.Stopped failed(String code, String message, @Nullable String sqlState) {
        return new Answer.Stopped(Ended.FAILED, code, message, sqlState);
    }
}
