package dev.sallyport.gateway.statement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sallyport.schema.event.LiteralFeatures;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.registry.StatementRules;
import dev.sallyport.schema.sql.Scanner;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatementsTest {
    @Test
    void effectsHoldEverythingThatAStatementDoes() {
        var statement =
                Statements.classify(
                        "WITH x AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM x");

        assertThat(statement.statementClass()).isEqualTo(StatementClass.DELETE);
        assertThat(statement.effects())
                .containsExactlyInAnyOrder(StatementClass.WRITE, StatementClass.DELETE);
    }

    @Test
    void columnsStandUnderTheirTableWhereThatIsPlain() {
        assertThat(columns("SELECT name, count(*) FROM customers WHERE id = 1 GROUP BY name"))
                .containsExactly("customers.id", "customers.name");
        assertThat(columns("SELECT c.name, o.* FROM customers c JOIN s.orders o ON o.cid = c.id"))
                .containsExactly("customers.id", "customers.name", "s.orders.*", "s.orders.cid");
        assertThat(columns("SELECT a, b FROM t, u")).containsExactly("a", "b");
        assertThat(columns("SELECT * FROM t")).containsExactly("t.*");
        assertThat(columns("INSERT INTO t (a, \"B\") VALUES (1, 2)"))
                .containsExactly("t.\"B\"", "t.a");
        assertThat(columns("UPDATE t SET a = b WHERE c")).containsExactly("t.a", "t.b", "t.c");
    }

    @Test
    void aValueInDoubleQuotesIsNotWrittenDownAsAName() {
        assertThat(columns("SELECT * FROM t WHERE card = \"4111 1111 1111 1111\""))
                .containsExactly("t.\"?\"", "t.*", "t.card");
        assertThat(Statements.classify("SELECT 1 FROM s.\"ana@acme.example\"").tables())
                .containsExactly("s.\"?\"");
    }

    @Test
    void functionsAreNamedAsWritten() {
        assertThat(
                        Statements.classify(
                                        "SELECT lower(a), s.\"F\"(b), rank() OVER (ORDER BY now()) FROM g(1)")
                                .functions())
                .containsExactly("g", "lower", "now", "rank", "s.\"F\"");
    }

    @Test
    void parametersAreCounted() {
        assertThat(
                        Statements.classify(
                                        "SELECT * FROM t WHERE a = ? AND b=? AND c ?? 'x' AND d = '?' -- ?")
                                .parameterCount())
                .isEqualTo(2);
        assertThat(Statements.classify("SELECT $1, $3, $3, '$9'").parameterCount()).isEqualTo(3);
        assertThat(Statements.classify("SELECT 1").parameterCount()).isZero();
    }

    @Test
    void literalsAreMeasuredNotKept() {
        LiteralFeatures features =
                Statements.classify("SELECT 1, 'abcd', 'aaaaaaaa', $$abababab$$ -- 'x'").literals();

        assertThat(features.count()).isEqualTo(4);
        assertThat(features.longestChars()).isEqualTo(8);
        assertThat(features.longestEntropyBits()).isZero();
        assertThat(Statements.classify("SELECT 'abcdefgh'").literals().longestEntropyBits())
                .isCloseTo(3, within(1e-9));
        assertThat(Statements.classify("SELECT a FROM t").literals())
                .isEqualTo(LiteralFeatures.NONE);
    }

    @Test
    void namesFoldAsPostgresqlFoldsThemWhichIsAsciiOnly() {
        assertThat(Statements.classify("SELECT 1 FROM CUSTÖMERS, \"Quoted\"").tables())
                .containsExactly("\"Quoted\"", "custÖmers");
        // the Kelvin sign becomes a plain k in Java's lower case, not in PostgreSQL's
        assertThat(codes("LOC\u212a TABLE t")).containsExactly("syntax_error");
        assertThat(Statements.classify("LOC\u212a TABLE t").statementClass())
                .isEqualTo(StatementClass.UNKNOWN);
    }

    @Test
    void namesAreCutAt63BytesAsTheDatabaseCutsThem() {
        String name = "x".repeat(62) + "éa";

        assertThat(Statements.classify("SELECT 1 FROM " + name).tables())
                .containsExactly("x".repeat(62));
        assertThat(Statements.classify("SELECT 1 FROM \"" + name + "\"").tables())
                .containsExactly("x".repeat(62));
    }

    @ParameterizedTest // case C6
    @ValueSource(
            strings = {
                "SELECT '\0'",
                "SELECT 1\u0007",
                "SELECT pg_sl\u200beep(1)",
                "SELECT 1 -- \u202e",
                "SELECT \ufeff1",
                "SELECT '\ud800'",
                "SELECT \u0085 1",
                "SELECT '\u009f'",
                "SELECT \u2028 1",
                "SELECT \"a\u200bb\"",
                "SELECT '\u007f'",
            })
    void controlAndInvisibleCharactersAreRefused(String sql) {
        assertThat(codes(sql)).contains("control_character");
    }

    @ParameterizedTest // case C6
    @ValueSource(
            strings = {
                "SELECT 'a\tb\r\nc'",
                "SELECT '👨‍👩‍👧'",
                "SELECT 'naïve', 'ﷺ', '漢字'",
                "\fSELECT\u000b1"
            })
    void ordinaryTextIsNotRefused(String sql) {
        assertThat(codes(sql)).isEmpty();
    }

    @Test
    void aNoBreakSpaceIsPartOfANameAsInPostgresql() {
        assertThat(Statements.classify("SELECT pg_sleep\u00a0(1)").functions())
                .containsExactly("pg_sleep\u00a0");
    }

    @Test
    void aRefusalSaysWhatWouldBeRight() {
        assertThat(Statements.classify("SELECT pg_sleep(5)").objections())
                .extracting(Objection::message)
                .containsExactly("pg_sleep: a statement may not put the database to sleep");
    }

    @Test
    void sizeIsBounded() {
        assertThat(codes("SELECT '" + "x".repeat(Scanner.SQL_CHARS_MAX) + "'"))
                .containsExactly("statement_too_large");
        assertThat(codes("SELECT " + "a,".repeat(Scanner.TOKENS_MAX) + "a"))
                .contains("statement_too_large");
        assertThat(codes("SELECT 1 FROM " + list("t%d", 101)))
                .containsExactly("statement_too_large");
        assertThat(Statements.classify("SELECT " + list("c%d", 500) + " FROM t").columns())
                .hasSize(Statements.COLUMNS_MAX)
                .endsWith("*");
    }

    @Test
    @Timeout(20)
    void deepNestingIsRefusedBeforeAnyoneRecursesIntoIt() {
        for (String open :
                List.of(
                        "(",
                        "(SELECT ",
                        "abs(",
                        "CASE WHEN a THEN ",
                        "a[",
                        "ARRAY[",
                        "CASE WHEN (SELECT 1 AS end) THEN ")) {
            String close = open.endsWith("[") ? "]" : open.startsWith("CASE") ? " END" : ")";
            for (int depth : new int[] {65, 500, 1_500}) {
                String sql = "SELECT " + open.repeat(depth) + "1" + close.repeat(depth);
                if (sql.length() <= Scanner.SQL_CHARS_MAX) {
                    assertThat(codes(sql))
                            .as(open + depth)
                            .containsAnyOf("statement_too_deep", "statement_too_large");
                }
            }
            assertThat(codes("SELECT " + open.repeat(20) + "1" + close.repeat(20)))
                    .as(open)
                    .isEmpty();
        }
    }

    @Test
    @Timeout(60)
    void noStatementWithinTheLimitsTakesLong() {
        for (String part :
                List.of(
                        "1+",
                        "NOT ",
                        "- ",
                        "a.",
                        "a::int||",
                        "1=1 AND ",
                        "x OR ",
                        "'a'||",
                        "a,",
                        "~")) {
            String sql = "SELECT " + part.repeat(4_000) + "1 FROM t";
            long start = System.nanoTime();
            Statements.classify(sql.substring(0, Math.min(sql.length(), Scanner.SQL_CHARS_MAX)));
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as(part)
                    .isLessThan(Duration.ofSeconds(3));
        }
    }

    @Test
    @Timeout(120)
    void nothingThrowsForAnyBytes() {
        var random = new Random(7);
        byte[] bytes = new byte[200];
        for (int i = 0; i < 4_000; i++) {
            random.nextBytes(bytes);
            assertThat(Statements.classify(new String(bytes, StandardCharsets.ISO_8859_1)).count())
                    .isNotNegative();
            assertThat(Statements.classify(new String(bytes, StandardCharsets.UTF_16)).count())
                    .isNotNegative();
        }
    }

    @Test
    @Timeout(180)
    void nothingThrowsForAnyMutationAndNoMutationHidesACallThatIsStillThere() {
        var random = new Random(8);
        var corpus = StatementCorpusTest.corpus().map(StatementCorpusTest.Entry::sql).toList();
        var parts =
                List.of(
                        "'", "\"", "$$", "$x$", "/*", "*/", "--", "\n", ";", "(", ")", "[", "E'",
                        "U&\"", "\\", "?", "::", ",", ".", "é", "\0");
        for (int i = 0; i < 3_000; i++) {
            var sql = new StringBuilder(corpus.get(random.nextInt(corpus.size())));
            for (int k = random.nextInt(4); k >= 0; k--) {
                int at = random.nextInt(sql.length() + 1);
                switch (random.nextInt(3)) {
                    case 0 -> sql.insert(at, parts.get(random.nextInt(parts.size())));
                    case 1 -> sql.delete(at, Math.min(sql.length(), at + 1 + random.nextInt(3)));
                    default -> sql.insert(at, corpus.get(random.nextInt(corpus.size())));
                }
            }
            Statement statement = Statements.classify(sql.toString());

            assertThat(statement.effects()).contains(statement.statementClass());
            // what comes first cannot be hidden by anything that follows
            Statement prefixed = Statements.classify("SELECT pg_sleep(1), " + sql);
            assertThat(prefixed.objections()).as(sql.toString()).isNotEmpty();
        }
    }

    @Test
    void theDatabasesRulesOpenWhatTheyName() {
        var rules =
                new StatementRules(
                        true,
                        true,
                        false,
                        Set.of("similarity", "geo.near", "current_setting"),
                        Set.of("pg_import"));

        assertThat(open("SELECT similarity(a, 'b'), geo.near(a) FROM pg_import", rules)).isEmpty();
        assertThat(open("SELECT xpath('/a', '<a/>'::xml)", rules)).isEmpty();
        assertThat(open("EXPLAIN SELECT 1", rules)).isEmpty();
        assertThat(open("SELECT ctid, current_setting('app.x'), setval('s', 1) FROM t", rules))
                .isEmpty();
        assertThat(open("SELECT near(1)", rules)).containsExactly("function_unknown");
        assertThat(
                        Statements.classify(
                                        "SELECT pg_sleep(1)",
                                        new StatementRules(
                                                true, true, false, Set.of("pg_sleep"), Set.of()),
                                        true)
                                .refused())
                .isTrue();
    }

    private static List<String> open(String sql, StatementRules rules) {
        return Statements.classify(sql, rules, rules.oneTenant()).objections().stream()
                .map(Objection::code)
                .toList();
    }

    private static List<String> columns(String sql) {
        return Statements.classify(sql).columns();
    }

    private static List<String> codes(String sql) {
        return Statements.classify(sql).objections().stream().map(Objection::code).toList();
    }

    private static String list(String format, int n) {
        return IntStream.range(0, n).mapToObj(format::formatted).collect(Collectors.joining(", "));
    }
}
