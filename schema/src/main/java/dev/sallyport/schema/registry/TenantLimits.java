package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonCreator;
import dev.sallyport.schema.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;

/**
 * How fast a tenant's callers may call, and how much they may take. A word that is not known here
 * makes the whole entry unreadable, wherever it is read: a misspelt limit must not be no limit.
 *
 * @param callsPerMinute calls of a minute by one client from one address; absent means {@value
 *     #CALLS_PER_MINUTE}
 * @param destroyingPerMinute those of them that delete, or change a schema or rights, or whose
 *     effect cannot be told; absent means {@value #DESTROYING_PER_MINUTE}
 * @param tools tools whose calls are counted by themselves, with limits of their own
 * @param budgets what each principal may take in a window; a call is counted in all that name it
 */
public record TenantLimits(
        @Nullable Integer callsPerMinute,
        @Nullable Integer destroyingPerMinute,
        Map<String, Rates> tools,
        List<Budget> budgets) {

    /** Calls of a minute by one client from one address, where the tenant says nothing. */
    public static final int CALLS_PER_MINUTE = 100;

    /** Calls of a minute that destroy, where the tenant says nothing. */
    public static final int DESTROYING_PER_MINUTE = 10;

    /** The most that can be written for either. */
    public static final int PER_MINUTE_MAX = 1_000_000_000;

    /** Budgets of one tenant: each costs every call something. */
    public static final int BUDGETS_MAX = 20;

    /** What holds where the tenant says nothing. */
    public static final TenantLimits DEFAULT = new TenantLimits(null, null, Map.of(), List.of());

    /** The tools that there are: a limit for another name would never bind. */
    public static final Set<String> TOOLS =
            Set.of("show_databases", "show_tables", "describe_table", "db_query", "db_execute");

    /**
     * The rates of one tool.
     *
     * @param callsPerMinute absent means the tenant's
     * @param destroyingPerMinute absent means the tenant's
     */
    public record Rates(@Nullable Integer callsPerMinute, @Nullable Integer destroyingPerMinute) {
        public Rates {
            requireRate("callsPerMinute", callsPerMinute);
            requireRate("destroyingPerMinute", destroyingPerMinute);
        }
    }

    /** As it is written. */
    private record Form(
            @Nullable Integer callsPerMinute,
            @Nullable Integer destroyingPerMinute,
            @Nullable Map<String, Rates> tools,
            @Nullable List<Budget> budgets) {}

    public TenantLimits {
        requireRate("callsPerMinute", callsPerMinute);
        requireRate("destroyingPerMinute", destroyingPerMinute);
        tools = Map.copyOf(tools);
        tools.keySet().forEach(TenantLimits::requireTool);
        budgets = List.copyOf(budgets);
        if (budgets.size() > BUDGETS_MAX) {
            throw new IllegalArgumentException(
                    "budgets must be at most %d: %d".formatted(BUDGETS_MAX, budgets.size()));
        }
        if (budgets.stream().map(Budget::name).distinct().count() < budgets.size()) {
            throw new IllegalArgumentException("two budgets have the same name");
        }
    }

    /**
     * Reads it with every word known.
     *
     * @throws IllegalArgumentException if it says anything else
     */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static TenantLimits read(JsonNode written) {
        try {
            Form form =
                    Json.mapper()
                            .readerFor(Form.class)
                            .with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                            .without(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                            .readValue(written);
            return new TenantLimits(
                    form.callsPerMinute,
                    form.destroyingPerMinute,
                    form.tools == null ? Map.of() : form.tools,
                    form.budgets == null ? List.of() : form.budgets);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(where(e) + what(e), e);
        }
    }

    /** Calls of that tool in a minute by one client from one address. */
    public int callsPerMinute(String tool) {
        Rates own = tools.get(tool);
        return own != null && own.callsPerMinute() != null
                ? own.callsPerMinute()
                : orElse(callsPerMinute, CALLS_PER_MINUTE);
    }

    /** Those of them that destroy. */
    public int destroyingPerMinute(String tool) {
        Rates own = tools.get(tool);
        return own != null && own.destroyingPerMinute() != null
                ? own.destroyingPerMinute()
                : orElse(destroyingPerMinute, DESTROYING_PER_MINUTE);
    }

    /** Whether the tool's calls are counted by themselves. */
    public boolean countsByItself(String tool) {
        return tools.containsKey(tool);
    }

    /** The budgets that count a call of this tool by this subject. */
    public List<Budget> budgets(String subject, String tool) {
        return budgets.isEmpty()
                ? List.of()
                : budgets.stream().filter(budget -> budget.counts(subject, tool)).toList();
    }

    /** The budgets that count any call by this subject. */
    public List<Budget> budgets(String subject) {
        return budgets.stream().filter(budget -> budget.counts(subject)).toList();
    }

    static void requireTool(String tool) {
        if (!TOOLS.contains(tool)) {
            throw new IllegalArgumentException(
                    "there is no tool %s; there are %s"
                            .formatted(tool, TOOLS.stream().sorted().toList()));
        }
    }

    private static void requireRate(String what, @Nullable Integer rate) {
        if (rate != null && (rate < 1 || rate > PER_MINUTE_MAX)) {
            throw new IllegalArgumentException(
                    "%s must be 1 to %d: %d".formatted(what, PER_MINUTE_MAX, rate));
        }
    }

    private static int orElse(@Nullable Integer given, int otherwise) {
        return given == null ? otherwise : given;
    }

    private static String where(JacksonException e) {
        String path =
                e.getPath().stream()
                        .map(step ->
                                step.getPropertyName() == null
                                        ? String.valueOf(step.getIndex())
                                        : step.getPropertyName())
                        .collect(Collectors.joining("."));
        return path.isEmpty() ? "" : path + ": ";
    }

    private static String what(JacksonException e) {
        return e.getCause() instanceof IllegalArgumentException cause
                ? String.valueOf(cause.getMessage())
                : e.getOriginalMessage();
    }
}
