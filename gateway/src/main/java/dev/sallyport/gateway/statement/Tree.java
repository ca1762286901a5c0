package dev.sallyport.gateway.statement;

import net.sf.jsqlparser.parser.CCJSqlParser;
import net.sf.jsqlparser.parser.ParseException;
import net.sf.jsqlparser.parser.TokenMgrException;

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
        try {
            var statement = new CCJSqlParser(shape).withAllowComplexParsing(true).Statement();
            return statement == null ? new Unparsed() : new Parsed(Mentions.in(statement));
        } catch (ParseException | TokenMgrException | StackOverflowError e) {
            return new Unparsed();
        }
    }
}
