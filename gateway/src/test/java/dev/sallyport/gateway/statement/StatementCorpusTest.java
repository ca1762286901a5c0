package dev.sallyport.gateway.statement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.event.StatementClass;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of statements in corpus.txt. */
class StatementCorpusTest {
    record Entry(
            StatementClass statementClass, List<String> tables, List<String> codes, String sql) {
        @Override
        public String toString() {
            return sql;
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("corpus")
    void everyStatementIsReadAsTheCorpusSays(Entry entry) {
        Statement statement = Statements.classify(entry.sql);

        assertThat(statement.statementClass()).isEqualTo(entry.statementClass);
        assertThat(statement.tables()).isEqualTo(entry.tables);
        assertThat(statement.objections().stream().map(Objection::code).distinct())
                .containsExactlyInAnyOrderElementsOf(entry.codes);
    }

    @Test
    void everyDangerHasAnEntry() {
        var reached = corpus().flatMap(entry -> entry.codes.stream()).toList();
        var byOtherTests = List.of(Danger.TOO_LARGE, Danger.TOO_DEEP, Danger.CONTROL_CHARACTER);

        assertThat(
                        Arrays.stream(Danger.values())
                                .filter(danger -> !byOtherTests.contains(danger))
                                .map(Danger::code))
                .isSubsetOf(reached);
    }

    static Stream<Entry> corpus() {
        return text().lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(StatementCorpusTest::entry);
    }

    private static Entry entry(String line) {
        String[] fields = line.split(" \\| ", 4);
        return new Entry(
                StatementClass.of(fields[0]),
                list(fields[1]),
                list(fields[2]),
                fields[3].replace("\\n", "\n"));
    }

    private static List<String> list(String field) {
        return field.equals("-") ? List.of() : List.of(field.split(", "));
    }

    private static String text() {
        try (var in =
                Objects.requireNonNull(
                        StatementCorpusTest.class.getResourceAsStream("corpus.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
