package dev.sallyport.cli.demo;

import java.io.PrintStream;
import java.util.List;

/** Tells a session in words, and remembers whether every step held. */
final class Narrator {
    private static final int CELL_MAX = 24;
    private static final int ROWS_SHOWN = 5;

    private final PrintStream out;
    private int steps;
    private int failures;

    Narrator(PrintStream out) {
        this.out = out;
    }

    void step(String title) {
        steps++;
        out.println();
        out.println(steps + ". " + title);
    }

    void say(String text) {
        out.println("   " + text);
    }

    void rows(List<List<String>> rows) {
        for (List<String> row : rows.stream().limit(ROWS_SHOWN).toList()) {
            StringBuilder line = new StringBuilder();
            for (String cell : row) {
                String shown =
                        cell.length() > CELL_MAX
                                ? cell.substring(0, CELL_MAX - 1) + "\u2026"
                                : cell;
                line.append(String.format("%-" + (CELL_MAX + 1) + "s", shown));
            }
            out.println("     " + line.toString().stripTrailing());
        }
    }

    /** A fact that the session must show; the words say what it means. */
    boolean check(boolean held, String words) {
        out.println("   " + (held ? "ok    " : "FAILED ") + words);
        if (!held) {
            failures++;
        }
        return held;
    }

    int steps() {
        return steps;
    }

    int failures() {
        return failures;
    }
}
