package dev.sallyport.gateway.statement;

import net.sf.jsqlparser.parser.CCJSqlParser;
import net.sf.jsqlparser.parser.ParseException;
import org.jspecify.annotations.Nullable;

/** What the parser library made of a shape. */
sealed interface Tree {
    /** It read the shape as one statement. */
    record Parsed(Mentions.Found found) implements Tree {}

    /** It did not: the statement counts as unknown. */
    record Unparsed() implements Tree {}

    /**
     * Runs on the caller's thread: the scan has bounded size and depth, and the library's effort
     * with them.
     */
    static Tree of(String shape) {
        var statement = parse(shape);
        return statement == null ? new Unparsed() : new Parsed(Mentions.in(statement));
    }

    /**
     * The library is not written against hostile input: whatever it throws means that it cannot
     * read the shape.
     */
    private static net.sf.jsqlparser.statement.@Nullable Statement parse(String shape) {
        try {
            return new CCJSqlParser(shape).withAllowComplexParsing(true).Statement();
        } catch (ParseException | RuntimeException | StackOverflowError e) {
            return null;
        }
    }
}
