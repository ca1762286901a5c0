package dev.sallyport.gateway.statement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.registry.StatementRules;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RememberingTest {

    private final Remembering remembering = new Remembering(1 << 16);

    @Test
    void aTextWithParametersIsReadOnce() {
        String sql = "select name from point where id = $1 and kind = $2";

        Statement first = classify(sql);

        assertThat(classify(sql)).isSameAs(first);
        assertThat(first).isEqualTo(Statements.classify(sql));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select name from point where id = 17",
                "select name from point where name = 'secret'",
                "select name from point where name = $$secret$$",
                "select name from point where name = $a$secret$a$",
                "select name from point where ok = true and n = 1e5",
                "select b'101', x'ff'",
                "select name from point -- secret",
                "select name /* secret */ from point",
                "select name from point where name = \"secret\"",
                "select U&\"secret\" from point",
                "select pg_sleep(n) from point",
                "select 'unfinished",
                "select $a$unfinished",
                ""
            })
    void aTextThatHoldsAValueOrIsRefusedIsNotKept(String sql) {
        Statement first = classify(sql);

        assertThat(remembering.size()).isZero();
        assertThat(classify(sql)).isEqualTo(first);
    }

    @Test
    void memoryIsBounded() {
        for (int i = 0; i < 2_000; i++) {
            classify("select c" + i + " from point where id = $1");
        }

        assertThat(remembering.size()).isBetween(1L, 150L);
    }

    @Test
    void aLongTextIsNotKept() {
        classify("select " + "a, ".repeat(Remembering.CHARS_MAX / 3) + "a from point");

        assertThat(remembering.size()).isZero();
    }

    @Test
    void theSameTextIsReadAgainUnderOtherRules() {
        String sql = "explain select name from point where id = $1";
        var one = new StatementRules(true, false, false, Set.of(), Set.of());

        assertThat(remembering.classify(sql, one, true).refused()).isFalse();
        assertThat(classify(sql).refused()).isTrue();
    }

    private Statement classify(String sql) {
        return remembering.classify(sql, StatementRules.NONE, false);
    }
}
