package dev.sallyport.gateway.statement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.schema.sql.Scan;
import dev.sallyport.schema.sql.Scanner;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The scanner against the database's own: texts made of quotes, comments and escapes in which a
 * marked call may or may not be hidden. Whatever the server runs, the scanner must have seen;
 * whatever the server accepts, the scanner must not call broken.
 */
class ScannerAgainstPostgresIT {
    private static final int TEXTS = 10_000;
    private static final List<String> INSIDE =
            List.of(
                    "'",
                    "''",
                    "\\'",
                    "\\\\",
                    "\"",
                    "$$",
                    "$a$",
                    "$",
                    "a",
                    "1",
                    " ",
                    "\n",
                    "--",
                    "/*",
                    "*/",
                    "mark()",
                    ", mark()",
                    "E'",
                    "U&\"",
                    "\n'",
                    " -- x\n '",
                    ";",
                    "?",
                    "+",
                    "é",
                    " UESCAPE '!'");
    private static final List<String> OPEN =
            List.of(
                    "'",
                    "E'",
                    "e'",
                    "U&'",
                    "B'",
                    "N'",
                    "X'",
                    "$$",
                    "$a$",
                    "$b_1$",
                    "/*",
                    "--",
                    "a$a$",
                    "1 AS \"",
                    "1 AS U&\"",
                    "1");

    @Test
    void whatTheServerRunsTheScannerHasSeen() throws SQLException {
        var random = new Random(11);
        int ran = 0;
        int hidden = 0;
        try (Connection connection =
                        TestServers.postgres().connect(TestServers.freshDatabase("scanner"));
                var setup = connection.createStatement()) {
            setup.execute("CREATE SEQUENCE q");
            setup.execute(
                    "CREATE FUNCTION mark() RETURNS text LANGUAGE sql AS $f$ SELECT nextval('q')::text $f$");
            setup.execute(
                    """
                    CREATE FUNCTION run(statement text) RETURNS boolean LANGUAGE plpgsql AS $f$
                    BEGIN EXECUTE statement; RETURN true; EXCEPTION WHEN OTHERS THEN RETURN false; END $f$\
                    """);
            try (var run = connection.prepareStatement("SELECT run(?)");
                    var marks =
                            connection.prepareStatement(
                                    "SELECT coalesce(pg_sequence_last_value('q'), 0)")) {
                long last = 0;
                for (int i = 0; i < TEXTS; i++) {
                    String sql = text(random);
                    Outcome outcome = run(run, marks, sql);
                    Statement statement = Statements.classify(sql);
                    if (outcome.marks > last) {
                        ran++;
                        assertThat(statement.functions()).as(sql).contains("mark");
                    } else if (outcome.accepted && sql.contains("mark()")) {
                        hidden++;
                    }
                    if (outcome.accepted) {
                        assertThat(statement.objections())
                                .as(sql)
                                .extracting(Objection::code)
                                .doesNotContain("malformed_statement");
                    }
                    last = outcome.marks;
                }
            }
        }
        // the texts must be worth something: many that run the mark, many that hide it in a string
        // or comment
        assertThat(ran).isGreaterThan(TEXTS / 100);
        assertThat(hidden).isGreaterThan(TEXTS / 100);
    }

    @Test
    void theServerTakesWhatIsNumbered() throws SQLException {
        List<String> texts =
                List.of(
                        "select ?::text, '?', ?::int -- ?",
                        "select * from t where id=? and n<=? limit ?",
                        "select (?-1)*n, ?||'x' from t",
                        "insert into t (id, n) values (?, ?), (?, default)",
                        "select * from t where n between ? and ? order by ?",
                        "select * from t where name like ? escape ? fetch first ? rows only",
                        "select case when ? then n else ? end from t",
                        "select * from t where data ? 'a' or data ? name or data ? lower(?)",
                        "select * from t where data ?| array[?] and data @? '$.a' and data @? ?",
                        "select * from t where data ?? 'a' and data ??& array['a', ?]",
                        "select * from t where data ?? 'a' and n = $1");
        try (Connection connection =
                        TestServers.postgres().connect(TestServers.freshDatabase("numbered"));
                var statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute("create table t (id int, n int, name text, data jsonb)");
            for (String text : texts) {
                Scan scan = Scanner.scan(text);
                assertThat(scan.faults()).as(text).isEmpty();
                statement.execute("prepare p as " + scan.numbered());
                try (var rows =
                        statement.executeQuery(
                                "select cardinality(parameter_types) from pg_prepared_statements")) {
                    rows.next();
                    assertThat(rows.getInt(1)).as(text).isEqualTo(scan.parameters());
                }
                statement.execute("deallocate p");
            }
        }
    }

    private record Outcome(boolean accepted, long marks) {}

    private static Outcome run(PreparedStatement run, PreparedStatement marks, String sql)
            throws SQLException {
        run.setString(1, sql);
        boolean accepted;
        try (var rows = run.executeQuery()) {
            rows.next();
            accepted = rows.getBoolean(1);
        }
        try (var rows = marks.executeQuery()) {
            rows.next();
            return new Outcome(accepted, rows.getLong(1));
        }
    }

    private static String text(Random random) {
        var sql = new StringBuilder("SELECT ");
        int items = 1 + random.nextInt(4);
        for (int i = 0; i < items; i++) {
            String open = OPEN.get(random.nextInt(OPEN.size()));
            sql.append(i == 0 ? "" : ", ").append(open);
            for (int k = random.nextInt(4); k > 0; k--) {
                sql.append(INSIDE.get(random.nextInt(INSIDE.size())));
            }
            if (random.nextInt(10) > 0) {
                sql.append(close(open));
            }
            if (random.nextInt(3) == 0) {
                sql.append(", mark()");
            }
        }
        return sql.toString();
    }

    private static String close(String open) {
        return switch (open) {
            case "--" -> "\n1";
            case "/*" -> "*/ 1";
            case "a$a$" -> "";
            default ->
                    open.endsWith("'")
                            ? "'"
                            : open.endsWith("\"") ? "\"" : open.startsWith("$") ? open : "";
        };
    }
}
