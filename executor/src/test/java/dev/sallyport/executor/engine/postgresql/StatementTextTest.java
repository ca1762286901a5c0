package dev.sallyport.executor.engine.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.schema.event.Access;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class StatementTextTest {
    private static String read(String sql, int parameters) {
        return StatementText.of(sql, parameters, Access.READ).sql();
    }

    private static String codeOf(String sql, int parameters, Access access) {
        try {
            StatementText.of(sql, parameters, access);
            return "fine";
        } catch (ExecutorException e) {
            return e.code();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select 1",
                "  -- why\n /* /* nested */ */ SELECT 1",
                "(select 1) union (select 2)",
                "with a as (select 1) select * from a",
                "values (1)",
                "table t",
                "explain select 1",
                "show timezone",
                "select 1;",
                "select 1; -- done",
                "select 1 ; /* done */ ;",
                "select ';', $$;$$, $a$ ; $a$, \"a;b\" from t /* ; */",
                "select E'\\'; commit; --'",
                "select * from t where j ? 'a' and j ?| array['b']"
            })
    void oneStatementThatReadsPassesAsItIs(String sql) {
        assertThat(read(sql, 0)).isEqualTo(sql);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select 1; select 2",
                "select 1;commit",
                "select '\\'; commit --'",
                "select 1; $$x$$",
                "select 1;-- x\n commit"
            })
    void aSecondStatementIsRefused(String sql) {
        assertThat(codeOf(sql, 0, Access.READ)).isEqualTo("several_statements");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " -- nothing",
                "insert into t values (1)",
                "commit",
                "set role x",
                "do $$ begin end $$",
                "copy t to stdout",
                "call p()",
                "listen x",
                "prepare p as select 1",
                "\"select\" 1",
                "select \0 1"
            })
    void readsMayNotStartWithAnythingElse(String sql) {
        assertThat(codeOf(sql, 0, Access.READ)).isEqualTo("statement_refused");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    insert into t values (1)                    | fine
                    update t set a = 1                          | fine
                    create table t (event text, role text)      | fine
                    create or replace view v as select 1        | fine
                    create temp table t as select 1             | fine
                    comment on table t is 'x'                   | fine
                    alter role current_user password 'x'        | statement_refused
                    create user u                               | statement_refused
                    create policy p on t                        | statement_refused
                    alter default privileges grant all on tables to public | statement_refused
                    drop owned by x                             | statement_refused
                    create extension dblink                     | statement_refused
                    create event trigger e on ddl_command_end execute function f() | statement_refused
                    comment on role r is 'x'                    | statement_refused
                    rollback                                    | statement_refused
                    grant select on t to public                 | statement_refused
                    vacuum                                      | statement_refused
                    """)
    void writesMayNotTouchWhatCallsShare(String sql, String code) {
        assertThat(codeOf(sql, 0, Access.WRITE)).isEqualTo(code);
    }

    @Test
    void numberedPlaceholdersStayAndAreCounted() {
        assertThat(read("select $2, $1, $2, '$3', $$ $4 $$", 2))
                .isEqualTo("select $2, $1, $2, '$3', $$ $4 $$");
        assertThat(codeOf("select $3", 2, Access.READ)).isEqualTo("parameters_mismatch");
        assertThat(codeOf("select 1", 2, Access.READ)).isEqualTo("parameters_mismatch");
        assertThat(codeOf("select $1", 0, Access.READ)).isEqualTo("parameters_mismatch");
        assertThat(codeOf("select $99999999999999999999", 1, Access.READ))
                .isEqualTo("parameters_mismatch");
    }

    @Test
    void questionMarksArePlaceholdersWhereValuesWereGiven() {
        assertThat(read("select ?, '?', ? -- ?", 2)).isEqualTo("select $1, '?', $2 -- ?");
        assertThat(read("select j ?? 'a', ?", 1)).isEqualTo("select j ? 'a', $1");
        assertThat(read("select j ? 'a', $1", 1)).isEqualTo("select j ? 'a', $1");
        assertThat(codeOf("select ?", 2, Access.READ)).isEqualTo("parameters_mismatch");
    }

    @Test
    void theMessageSaysWhatWouldBeRight() {
        assertThatThrownBy(() -> read("delete from t", 0))
                .hasMessageContaining("DELETE")
                .hasMessageContaining("select");
    }
}
