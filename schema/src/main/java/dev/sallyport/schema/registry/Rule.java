package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A rule of a tenant: which calls are refused, which changes wait for somebody to allow them, and
 * how long the next one has to wait. Where several rules match a call, the strictest of each
 * counts.
 *
 * @param name unique within the tenant
 * @param when which calls it is for
 * @param approval who has to allow them
 * @param cooldownSeconds how long after such a call the same principal may make no further one in
 *     the same database; absent means that it need not wait
 */
public record Rule(
        TenantId tenant,
        String name,
        When when,
        Approval approval,
        @Nullable Integer cooldownSeconds)
        implements RegistryEntry {

    /** The longest cooldown: a day. */
    public static final int COOLDOWN_SECONDS_MAX = 86_400;

    /** The tool whose calls can be held. */
    private static final String CHANGING_TOOL = "db_execute";

    /** The tools that run statements: a rule for another one would never match. */
    public static final Set<String> TOOLS = Set.of("db_query", CHANGING_TOOL);

    /** The classes of statements that change something. Reads can be refused, and never wait. */
    public static final Set<StatementClass> CHANGES =
            Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(StatementClass.READ)));

    /** Names that each list of a rule may hold. */
    public static final int NAMES_MAX = 100;

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,62}");

    /**
     * Which calls a rule is for: those that are in all of these. An absent list is any. What cannot
     * be told of a call is taken to be in the list.
     *
     * @param databases of which databases
     * @param tools by which tools
     * @param classes with a statement that does one of these; absent means all that change
     *     something. One whose effect cannot be told does all of them, and every one may read
     * @param tables with a statement that names one of these, each {@code name} or {@code
     *     schema.name} as PostgreSQL folds it; definitions and rights are taken to concern all
     *     tables
     * @param rowsAbove that change more rows than that, as their rehearsal tells
     * @param callers by one of these
     * @param callersExcept by anybody but these
     * @param hours at these times
     */
    public record When(
            @Nullable Set<DatabaseName> databases,
            @Nullable Set<String> tools,
            @Nullable Set<StatementClass> classes,
            @Nullable Set<String> tables,
            @Nullable Long rowsAbove,
            @Nullable Callers callers,
            @Nullable Callers callersExcept,
            @Nullable Hours hours) {

        /** The largest number of rows that can be written. */
        public static final long ROWS_MAX = 1_000_000_000_000L;

        private static final Pattern TABLE =
                Pattern.compile("[a-z_][a-z0-9_$]{0,62}(\\.[a-z_][a-z0-9_$]{0,62})?");

        /** Any call. */
        public static final When ANY = new When(null, null, null, null, null);

        /** Calls told by their statement alone. */
        public When(
                @Nullable Set<DatabaseName> databases,
                @Nullable Set<String> tools,
                @Nullable Set<StatementClass> classes,
                @Nullable Set<String> tables,
                @Nullable Long rowsAbove) {
            this(databases, tools, classes, tables, rowsAbove, null, null, null);
        }

        public When {
            databases = checked("databases", databases);
            tools = checked("tools", tools);
            classes = checked("classes", classes);
            tables = checked("tables", tables);
            for (String tool : tools == null ? Set.<String>of() : tools) {
                if (!TOOLS.contains(tool)) {
                    throw new IllegalArgumentException(
                            "there are no rules for tool %s; there are for %s"
                                    .formatted(tool, new TreeSet<>(TOOLS)));
                }
            }
            if (tools != null && !tools.contains(CHANGING_TOOL) && !isAboutReads(classes)) {
                throw new IllegalArgumentException(
                        "db_query only reads: name the class read where a rule is for that tool alone");
            }
            for (String table : tables == null ? Set.<String>of() : tables) {
                if (!TABLE.matcher(table).matches()) {
                    throw new IllegalArgumentException(
                            "tables must be name or schema.name in lower case: " + table);
                }
            }
            if (rowsAbove != null && (rowsAbove < 0 || rowsAbove > ROWS_MAX)) {
                throw new IllegalArgumentException(
                        "rowsAbove must be 0 to %d: %d".formatted(ROWS_MAX, rowsAbove));
            }
        }

        private static boolean isAboutReads(@Nullable Set<StatementClass> classes) {
            return classes != null && classes.contains(StatementClass.READ);
        }

        private boolean isAboutReads() {
            return isAboutReads(classes);
        }
    }

    static <T> @Nullable Set<T> checked(String what, @Nullable Set<T> names) {
        if (names == null) {
            return null;
        }
        if (names.isEmpty() || names.size() > NAMES_MAX) {
            throw new IllegalArgumentException(
                    "%s must be 1 to %d names, or absent for any: %d"
                            .formatted(what, NAMES_MAX, names.size()));
        }
        return Set.copyOf(names);
    }

    /**
     * Who has to allow a call.
     *
     * @param by in which capacity
     * @param approvers subjects of whom {@code needed} have to allow it; nobody can where it is
     *     empty. Required for {@code another}; those of {@code confirm} are asked where a call
     *     cannot be rehearsed, and without any such a call cannot run
     * @param needed how many different people; absent means 1
     * @param validSeconds for how long after the request the call may run; absent means {@value
     *     #VALID_SECONDS}
     */
    public record Approval(
            ApprovalBy by,
            @Nullable Set<String> approvers,
            @Nullable Integer needed,
            @Nullable Integer validSeconds) {

        /** How long an approval is good for where the rule says nothing: an hour. */
        public static final int VALID_SECONDS = 3_600;

        /** The longest: a week. */
        public static final int VALID_SECONDS_MAX = 604_800;

        /** People that a rule may name. */
        public static final int APPROVERS_MAX = 50;

        /** Nobody can: the call is refused. */
        public static final Approval NOBODY = new Approval(ApprovalBy.NOBODY, null, null, null);

        /** Nobody has to. */
        public static final Approval NONE = new Approval(ApprovalBy.NONE, null, null, null);

        public Approval {
            if (by == null) {
                throw new IllegalArgumentException("by must be none, confirm, another or nobody");
            }
            approvers = approvers == null ? null : Set.copyOf(approvers);
            int people = approvers == null ? 0 : approvers.size();
            if ((by == ApprovalBy.NONE || by == ApprovalBy.NOBODY)
                    && (approvers != null || needed != null)) {
                throw new IllegalArgumentException(
                        "approvers and needed have no meaning where nobody has to approve, or nobody can");
            }
            if (by == ApprovalBy.ANOTHER && approvers == null) {
                throw new IllegalArgumentException(
                        "approvers must name who may approve where another person has to");
            }
            if (people > APPROVERS_MAX) {
                throw new IllegalArgumentException(
                        "approvers must be at most %d: %d".formatted(APPROVERS_MAX, people));
            }
            for (String approver : approvers == null ? Set.<String>of() : approvers) {
                if (approver.isBlank()
                        || approver.length() > Principal.NAME_MAX
                        || approver.equals(Grant.EVERYONE)) {
                    throw new IllegalArgumentException(
                            "approvers must be subjects of 1 to %d characters, and not * for everyone"
                                    .formatted(Principal.NAME_MAX));
                }
            }
            if (needed != null && (needed < 1 || needed > people)) {
                throw new IllegalArgumentException(
                        "needed must be 1 to the number of approvers: " + needed);
            }
            if (validSeconds != null && (validSeconds < 1 || validSeconds > VALID_SECONDS_MAX)) {
                throw new IllegalArgumentException(
                        "validSeconds must be 1 to %d: %d"
                                .formatted(VALID_SECONDS_MAX, validSeconds));
            }
        }

        /** The people that it names; none where it names none. */
        Set<String> people() {
            return approvers == null ? Set.of() : approvers;
        }

        int neededOrOne() {
            return needed == null ? 1 : needed;
        }

        Duration valid() {
            return Duration.ofSeconds(validSeconds == null ? VALID_SECONDS : validSeconds);
        }
    }

    public Rule {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a rule's name must be 1 to 63 of a-z, 0-9, - and _: " + name);
        }
        if (cooldownSeconds != null
                && (cooldownSeconds < 1 || cooldownSeconds > COOLDOWN_SECONDS_MAX)) {
            throw new IllegalArgumentException(
                    "cooldownSeconds must be 1 to %d: %d"
                            .formatted(COOLDOWN_SECONDS_MAX, cooldownSeconds));
        }
        if (approval.by() == ApprovalBy.NOBODY && cooldownSeconds != null) {
            throw new IllegalArgumentException(
                    "cooldownSeconds has no meaning where calls are refused");
        }
        if (approval.by() != ApprovalBy.NOBODY && when.isAboutReads()) {
            throw new IllegalArgumentException(
                    "reads wait for nobody: a rule for the class read can only refuse, by nobody");
        }
        if (approval.by() == ApprovalBy.NONE && cooldownSeconds == null) {
            throw new IllegalArgumentException(
                    "rule %s asks for nothing: let somebody approve, or nobody, or give cooldownSeconds"
                            .formatted(name));
        }
    }

    /**
     * What stands for a rule that cannot be read: it refuses every statement, reads too, since that
     * may be what it says. A rule that is not understood must not be no rule.
     */
    static Rule unreadable(TenantId tenant, String name) {
        return new Rule(
                tenant,
                NAME.matcher(name).matches() ? name : "unreadable",
                new When(null, null, Set.of(StatementClass.READ), null, null),
                Approval.NOBODY,
                null);
    }

    @Override
    @JsonIgnore
    public String key() {
        return key(tenant, name);
    }

    public static String key(TenantId tenant, String name) {
        return "rule/" + tenant + "/" + name;
    }
}
