package dev.sallyport.cli.policy;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A call and what a gateway is expected to say to it.
 *
 * @param place file and line
 * @param name of the case
 */
public record PolicyCase(String place, String name, Who who, Asked call, Expected expect) {
    /** Cases that one run takes. */
    private static final int CASES_MAX = 10_000;

    /**
     * Whom the caller's token stands for, and the scopes that it carries.
     *
     * @param client the OAuth client; absent means that it is called as the subject
     * @param address where the call comes from; absent means that it is not told
     */
    public record Who(
            TenantId tenant,
            String subject,
            Set<Scope> scopes,
            @Nullable String client,
            @Nullable String address) {
        public Who {
            require("tenant", tenant);
            require("subject", subject);
            require("scopes", scopes);
            scopes = Set.copyOf(scopes);
        }
    }

    /**
     * The call.
     *
     * @param arguments those of the tool, such as database, sql and params
     * @param readOnly whether the request asks that nothing be changed
     * @param rows how many rows a rehearsal would count; absent means that nobody can tell
     * @param at when it comes; absent means now
     */
    public record Asked(
            String tool,
            ObjectNode arguments,
            boolean readOnly,
            @Nullable Long rows,
            @Nullable Instant at) {}

    /** The call as it is written. */
    record Written(
            String tool,
            @Nullable String database,
            @Nullable String sql,
            @Nullable ArrayNode params,
            @Nullable String table,
            @Nullable Integer limit,
            @Nullable Boolean dryRun,
            @Nullable Boolean readOnly,
            @Nullable Long rows,
            @Nullable Instant at) {
        Written {
            require("tool", tool);
        }

        Asked asked() {
            ObjectNode arguments = Json.mapper().createObjectNode();
            set(arguments, "database", database);
            set(arguments, "sql", sql);
            set(arguments, "params", params);
            set(arguments, "table", table);
            set(arguments, "limit", limit);
            set(arguments, "dryRun", dryRun);
            return new Asked(tool, arguments, Boolean.TRUE.equals(readOnly), rows, at);
        }

        private static void set(ObjectNode arguments, String name, @Nullable Object value) {
            if (value != null) {
                arguments.set(name, Json.mapper().valueToTree(value));
            }
        }
    }

    /** What a gateway can say. */
    public enum Verdict {
        /** It runs at once. */
        @JsonProperty("allowed")
        ALLOWED,
        /** It waits until somebody has allowed it. */
        @JsonProperty("held")
        HELD,
        /** It does not run. */
        @JsonProperty("refused")
        REFUSED;

        /** In lower case. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What is expected, or what was decided. What is absent is not compared.
     *
     * @param code of a refusal
     * @param by who has to allow a call that is held
     * @param rules the rules that ask for it
     * @param statementClass what the statement is
     */
    public record Expected(
            Verdict decision,
            @Nullable String code,
            @Nullable ApprovalBy by,
            @Nullable Set<String> rules,
            @Nullable @JsonProperty("class") StatementClass statementClass) {
        public Expected {
            require("decision", decision);
            if (code != null && decision != Verdict.REFUSED) {
                throw new IllegalArgumentException("only what is refused has a code");
            }
            if ((by != null || rules != null) && decision != Verdict.HELD) {
                throw new IllegalArgumentException("only what is held has by and rules");
            }
            if (statementClass != null && decision == Verdict.REFUSED) {
                throw new IllegalArgumentException("what is refused has no class");
            }
            rules = rules == null ? null : Set.copyOf(rules);
        }

        /** Whether what was decided is this, as far as this says. */
        public boolean isMetBy(Expected decided) {
            return decision == decided.decision
                    && (code == null || code.equals(decided.code))
                    && (by == null || by == decided.by)
                    && (rules == null || rules.equals(decided.rules))
                    && (statementClass == null || statementClass == decided.statementClass);
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder(decision.word());
            if (code != null) {
                text.append(' ').append(code);
            }
            if (by != null) {
                text.append(" by ").append(by.wire());
            }
            if (rules != null) {
                text.append(" rules ").append(new TreeSet<>(rules));
            }
            if (statementClass != null) {
                text.append(" class ").append(statementClass.wire());
            }
            return text.toString();
        }
    }

    /** A case as it is written. */
    record Form(Who who, Written call, Expected expect) {
        Form {
            require("who", who);
            require("call", call);
            require("expect", expect);
        }
    }

    private static void require(String what, @Nullable Object value) {
        if (value == null) {
            throw new IllegalArgumentException(what + " is missing");
        }
    }

    /**
     * Reads cases from files, all YAML files that lie in folders, and the standard input.
     *
     * @throws PolicyException {@code policy_malformed} naming file, line and case; {@code
     *     file_unreadable}
     */
    public static List<PolicyCase> read(List<String> names, InputStream standardInput) {
        List<PolicyCase> cases = new ArrayList<>();
        for (String name : names) {
            if (name.equals(PolicyFiles.STANDARD_INPUT)) {
                take("standard input", PolicyFiles.text("standard input", standardInput), cases);
                continue;
            }
            for (Path file : PolicyFiles.files(Path.of(name))) {
                try (InputStream in = Files.newInputStream(file)) {
                    take(file.toString(), PolicyFiles.text(file.toString(), in), cases);
                } catch (IOException e) {
                    throw PolicyFiles.unreadable(file.toString(), e);
                }
            }
        }
        if (cases.isEmpty() || cases.size() > CASES_MAX) {
            throw new PolicyException(
                    "policy_malformed",
                    "there must be 1 to %d cases, and there are %d"
                            .formatted(CASES_MAX, cases.size()));
        }
        return cases;
    }

    private static void take(String file, String text, List<PolicyCase> cases) {
        for (PlacedYaml document : PlacedYaml.read(file, text)) {
            if (!document.value().isObject()) {
                throw new PolicyException(
                        "policy_malformed",
                        "%s:%d: a document must hold cases by their names"
                                .formatted(file, document.line("")));
            }
            for (var member : document.value().properties()) {
                cases.add(one(file, document, member.getKey(), member.getValue()));
            }
        }
    }

    private static PolicyCase one(String file, PlacedYaml document, String name, JsonNode written) {
        String path = "/" + PlacedYaml.step(name);
        try {
            Form form =
                    Json.mapper()
                            .readerFor(Form.class)
                            .with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                            .without(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                            .readValue(written);
            return new PolicyCase(
                    file + ":" + document.line(path),
                    Shown.text(name),
                    form.who,
                    form.call.asked(),
                    form.expect);
        } catch (JacksonException e) {
            StringBuilder there = new StringBuilder(path);
            StringBuilder member = new StringBuilder();
            for (JacksonException.Reference step : e.getPath()) {
                String part =
                        step.getPropertyName() == null
                                ? String.valueOf(step.getIndex())
                                : step.getPropertyName();
                there.append('/').append(PlacedYaml.step(part));
                member.append(part).append(": ");
            }
            throw new PolicyException(
                    "policy_malformed",
                    "%s:%d: %s: %s"
                            .formatted(
                                    file,
                                    document.line(there.toString()),
                                    Shown.text(name),
                                    Shown.text(member + what(e))));
        }
    }

    private static String what(JacksonException e) {
        return e.getCause() instanceof IllegalArgumentException cause
                ? String.valueOf(cause.getMessage())
                : String.valueOf(e.getOriginalMessage());
    }
}
