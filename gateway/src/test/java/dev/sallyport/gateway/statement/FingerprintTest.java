package dev.sallyport.gateway.statement;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FingerprintTest {
    @Test // case C7
    void aTextThatCannotBeScannedSoundlyShowsOnlyKeywords() {
        Statement statement =
                Statements.classify("SELECT id FROM patients WHERE note = 'O'Brien has cancer'");
        assertThat(statement.fingerprint()).isEqualTo("select ? from ? where ? = ? ? ? ? ?");
        assertThat(statement.tables()).isEmpty();
        assertThat(statement.columns()).isEmpty();
        assertThat(statement.functions()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void severalStatementsAreCutBetweenCharacters(int shift) {
        String sql =
                "select a%s%s; select 1%s"
                        .formatted(
                                "a".repeat(shift),
                                ", \ud83d\ude00".repeat(490),
                                ", \ud83d\ude00".repeat(490));

        String fingerprint = Statements.classify(sql).fingerprint();

        assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(fingerprint)).isTrue();
        assertThat(fingerprint).hasSizeLessThanOrEqualTo(Statements.FINGERPRINT_CHARS_MAX);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '`',
            value = {
                "SELECT  A,b  FROM  T  WHERE x='y' => select a, b from t where x = ?",
                "select * from t where a in (1, -2, 'x') => select * from t where a in (?)",
                "select * from t where a in (1, b) => select * from t where a in (?, b)",
                "select * from t where a = any(array['x', 'y']) => select * from t where a = any (array [?])",
                "insert into t (a, b) values (1, 'x'), (2, NULL), (3, 'z') => insert into t(a, b) values (?, ?)",
                "insert into t values (1), (b) => insert into t values (?), (b)",
                "select 1 -- secret => select ?",
                "select /* secret */ 1 => select ?",
                "select 0x1F, 1_000, 1.5e-3, .5, $$x$$, E'\\'x', b'1', U&'x' => select ?, ?, ?, ?, ?, ?, ?, ?",
                "select a as \"Jane Doe\" from \"Plain\" => select a as \"?\" from \"Plain\"",
                "select * from t where a=$1 and b=$2 => select * from t where a = ? and b = ?",
                "select count(*) from t where x::int > 5 => select count(*) from t where x::int > ?",
                "select 'open => select ?",
                "select 1; delete from t => select ?; delete from t",
            })
    void literalsCommentsAndSpacesAreGone(String sql, String fingerprint) {
        assertThat(Statements.classify(sql).fingerprint()).isEqualTo(fingerprint);
    }

    @Test
    void aLongFingerprintIsCutAndStillTellsStatementsApart() {
        String columns = "a_rather_long_column_name, ".repeat(300);

        String one = Statements.classify("SELECT " + columns + "x FROM t").fingerprint();
        String other = Statements.classify("SELECT " + columns + "y FROM t").fingerprint();

        assertThat(one).hasSize(Statements.FINGERPRINT_CHARS_MAX).isNotEqualTo(other);
    }

    @Test
    void noFingerprintHoldsAnyLiteralOfAnyStatement() {
        var random = new Random(42);
        for (int i = 0; i < 4_000; i++) {
            var secrets = new ArrayList<String>();
            String sql = statement(random, secrets);

            String fingerprint = Statements.classify(sql).fingerprint();

            for (String secret : secrets) {
                assertThat(fingerprint).as(sql).doesNotContain(secret);
            }
        }
    }

    @Test
    void noFingerprintOfABrokenStatementHoldsALiteralThatStoodBeforeTheBreak() {
        var random = new Random(43);
        for (int i = 0; i < 4_000; i++) {
            var secrets = new ArrayList<String>();
            String sql =
                    statement(random, secrets)
                            + List.of(" FROM FROM", " '", " /*", " $x$", " )(", "\0")
                                    .get(random.nextInt(6));

            String fingerprint = Statements.classify(sql).fingerprint();

            for (String secret : secrets) {
                assertThat(fingerprint).as(sql).doesNotContain(secret);
            }
        }
    }

    /**
     * A statement with literals in every form, each of which holds a marker that stands nowhere
     * else.
     */
    private static String statement(Random random, List<String> secrets) {
        var sql =
                new StringBuilder(
                        List.of(
                                        "SELECT ",
                                        "INSERT INTO t VALUES (",
                                        "DELETE FROM t WHERE a IN (",
                                        "CALL p(")
                                .get(random.nextInt(4)));
        int literals = 1 + random.nextInt(6);
        for (int i = 0; i < literals; i++) {
            String secret = "Zq" + Integer.toString(random.nextInt(1_000_000), 36) + "qZ";
            String number = "7" + (100_000_000 + random.nextInt(900_000_000));
            secrets.add(random.nextBoolean() ? secret : number);
            String value = secrets.getLast();
            boolean digits = value.equals(number);
            sql.append(i == 0 ? "" : ", ")
                    .append(
                            switch (random.nextInt(digits ? 14 : 11)) {
                                case 0 -> "'" + value + "'";
                                case 1 -> "'it''s " + value + " \\'";
                                case 2 -> "E'\\'" + value + "\\\\'";
                                case 3 -> "$$" + value + "$$";
                                case 4 -> "$t$'" + value + "$$ $t$";
                                case 5 -> "U&'" + value + "' UESCAPE '!'";
                                case 6 -> "'a'\n  '" + value + "'";
                                case 7 -> "1 /* " + value + " /* " + value + " */ " + value + " */";
                                case 8 -> "2 -- " + value + "\n";
                                case 9 -> "N'" + value + "'";
                                case 10 -> "a AS \"is " + value + "\"";
                                case 11 -> value;
                                case 12 -> value + ".5e10";
                                default -> "-" + value;
                            });
        }
        return sql.append(sql.indexOf("(") > 0 ? ")" : "").toString();
    }
}
