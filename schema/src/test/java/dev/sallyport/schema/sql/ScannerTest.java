package dev.sallyport.schema.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.sql.Fault.Kind;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScannerTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            textBlock =
                    """
                    select 1                                     ; 0 ; select 1
                    select $2, $1, $2, '$3', $$ $4 $$            ; 2 ; select $2, $1, $2, '$3', $$ $4 $$
                    select ?, '?', ? -- ?                        ; 2 ; select $1, '?', $2 -- ?
                    select * from t where id=? and n<=? limit ?  ; 3 ; select * from t where id=$1 and n<=$2 limit $3
                    select?                                      ; 1 ; select $1
                    select (?-1)*?, ?::text, ?||'x'              ; 4 ; select ($1-1)*$2, $3::text, $4||'x'
                    select * from t where a=?||'x'               ; 1 ; select * from t where a=$1||'x'
                    insert into t values (?, ?), (?, default)    ; 3 ; insert into t values ($1, $2), ($3, default)
                    select * from t where n between ? and ?      ; 2 ; select * from t where n between $1 and $2
                    select * from t where a like ? escape ?      ; 2 ; select * from t where a like $1 escape $2
                    select * from t where a in (?) order by ?    ; 2 ; select * from t where a in ($1) order by $2
                    select * from t fetch first ? rows only      ; 1 ; select * from t fetch first $1 rows only
                    select case when ? then ? else ? end         ; 3 ; select case when $1 then $2 else $3 end
                    select * from t where data ? 'a'             ; 0 ; select * from t where data ? 'a'
                    select * from t where data ? k and x = ?     ; 1 ; select * from t where data ? k and x = $1
                    select * from t where "data" ? ?             ; 1 ; select * from t where "data" ? $1
                    select * from t where (data) ? lower(?)      ; 1 ; select * from t where (data) ? lower($1)
                    select * from t where data ?| array[?]       ; 1 ; select * from t where data ?| array[$1]
                    select * from t where data ?& array['a','b'] ; 0 ; select * from t where data ?& array['a','b']
                    select * from t where data @? '$.a'          ; 0 ; select * from t where data @? '$.a'
                    select * from t where data @? ?              ; 1 ; select * from t where data @? $1
                    select * from t where data ?? 'a'            ; 0 ; select * from t where data ? 'a'
                    select * from t where data ?? ?              ; 1 ; select * from t where data ? $1
                    select * from t where data ??| array[?]      ; 1 ; select * from t where data ?| array[$1]
                    select * from t where data ? 'a' and x = $1  ; 1 ; select * from t where data ? 'a' and x = $1
                    select * from t where data ?? 'a' and x = $1 ; 1 ; select * from t where data ? 'a' and x = $1
                    """)
    void placeholdersAreToldFromOperators(String sql, int parameters, String numbered) {
        Scan scan = Scanner.scan(sql);
        assertThat(scan.faults()).isEmpty();
        assertThat(scan.parameters()).isEqualTo(parameters);
        assertThat(scan.numbered()).isEqualTo(numbered);
    }

    @Test
    void nothingToNumberIsTheSameText() {
        String sql = "select data ? 'a' from t";
        assertThat(Scanner.scan(sql).numbered()).isSameAs(sql);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from t order by ? a",
                "select a at time zone ? b from t",
                "select * from t where data ?= 'a'"
            })
    void whatCanBeReadBothWaysAsksForNumbers(String sql) {
        assertThat(Scanner.scan(sql).faults())
                .singleElement()
                .satisfies(fault -> {
                    assertThat(fault.kind()).isEqualTo(Kind.AMBIGUOUS_PLACEHOLDER);
                    assertThat(fault.message()).contains("$1");
                });
        assertThat(Scanner.scan(sql + " -- \n, $1").faults()).isEmpty();
    }

    @Test // case C6
    void whatCannotBeSeenIsHarmlessInCommentsAndStrings() {
        for (String hidden :
                List.of("\u200d", "\u00a0", "\ufeff", "\ud83d\udc69\u200d\ud83d\udcbb")) {
            for (String sql :
                    List.of(
                            "-- " + hidden + "\nselect 1",
                            "/*" + hidden + "*/ select '" + hidden + "'")) {
                assertThat(Scanner.scan(sql).faults()).as(sql).isEmpty();
            }
        }
        assertThat(Scanner.scan("select \"a\u00a0b\"").faults()).isEmpty();
    }

    @ParameterizedTest // case C6
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    select\u00a01          ; U+00A0 at character 7
                    \ufeffselect 1         ; U+FEFF at character 1
                    select '\ud83d\ude00', a\u200d ; U+200D at character 14
                    select "a\u202e"       ; U+202E at character 10
                    -- \u0001x             ; U+0001 at character 4
                    /* \u202e */ select 1 ; U+202E at character 4
                    select '\ud800'        ; U+D800 at character 9
                    """)
    void elsewhereItIsRefusedWithItsPosition(String sql, String where) {
        assertThat(Scanner.scan(sql).faults())
                .containsExactly(new Fault(Kind.CONTROL_CHARACTER, where));
    }

    // case C3
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            textBlock =
                    """
                    select '\ud83d\ude00', 'a        ; at character 13
                    select "a                     ; at character 8
                    select 1 /* a                 ; at character 10
                    select $a$ b                  ; at character 8
                    select {fn now()}             ; at character 8
                    """)
    void whatDoesNotEndIsToldWithItsBeginning(String sql, String where) {
        assertThat(Scanner.scan(sql).faults()).extracting(Fault::where).contains(where);
    }

    // cases C2, C3: an error's position is one in the text that the caller wrote
    @Test
    void aPositionInTheNumberedTextLeadsBackToTheText() {
        for (String sql :
                List.of(
                        "select 1, wrong",
                        "select ?, ?, '\ud83d\ude00', wrong",
                        "select a from t where b between?and? or c ?? 'x' or wrong ?? ?",
                        "select " + "?, ".repeat(120) + "wrong")) {
            Scan scan = Scanner.scan(sql);
            String numbered = scan.numbered();
            int there = numbered.codePointCount(0, numbered.indexOf("wrong")) + 1;
            int here = sql.codePointCount(0, sql.indexOf("wrong")) + 1;

            assertThat(scan.written(there)).as(sql).isEqualTo(here);
            assertThat(scan.written(1)).isEqualTo(1);
            assertThat(scan.written(numbered.codePointCount(0, numbered.length()) + 1))
                    .isEqualTo(sql.codePointCount(0, sql.length()) + 1);
        }
        Scan scan = Scanner.scan("select a where b between?and?");
        assertThat(scan.numbered()).isEqualTo("select a where b between $1 and $2");
        assertThat(List.of(scan.written(26), scan.written(29), scan.written(32), scan.written(33)))
                .containsExactly(25, 26, 29, 29);
    }

    @Test
    void timeIsLinearInTheText() {
        for (String piece :
                List.of(
                        "+", "-", "/*", "'", "\"", "$a$", "$", "?", "??", "=?", "(", "U&'' ",
                        "E'\\", "a ? ", "{", "\u00e9")) {
            String sql = piece.repeat(Scanner.SQL_CHARS_MAX / piece.length());
            var threads = ManagementFactory.getThreadMXBean();
            long before = threads.getCurrentThreadCpuTime();
            Scanner.scan(sql).numbered();
            assertThat(Duration.ofNanos(threads.getCurrentThreadCpuTime() - before))
                    .as(piece)
                    .isLessThan(Duration.ofMillis(300));
        }
    }

    @Test
    void noTextThrows() {
        var random = new Random(7);
        List<String> pieces =
                List.of(
                        "?", "??", "$1", "$", "'", "\"", "a", "1", " ", "(", ")", "=", "-", "+",
                        "--", "\n", "/*", "*/", "E'", "U&\"", "between", "select", ";", "\ud800");
        for (int i = 0; i < 20_000; i++) {
            var sql = new StringBuilder();
            for (int k = random.nextInt(12); k >= 0; k--) {
                sql.append(pieces.get(random.nextInt(pieces.size())));
            }
            Scan scan = Scanner.scan(sql.toString());
            if (scan.faults().isEmpty() && scan.parameters() > 0) {
                Scan again = Scanner.scan(scan.numbered());
                assertThat(again.parameters()).as("%s", sql).isEqualTo(scan.parameters());
            }
        }
    }
}
