package dev.sallyport.gateway.statement;

import dev.sallyport.schema.sql.Token;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Names as the lists of a {@link Statement} hold them, and names that tokens alone give away. */
final class Names {
    /** Functions with FROM among their arguments. */
    private static final Set<String> FROM_IN_ARGUMENTS =
            Set.of("extract", "substring", "trim", "overlay", "position");

    private final List<Token> tokens;
    private final Set<String> relations = new HashSet<>();

    private Names(List<Token> tokens) {
        this.tokens = tokens;
    }

    /**
     * One part of a name: bare where PostgreSQL would read it the same without quotes, in quotes
     * where not.
     */
    static String part(String text) {
        boolean bare =
                !text.isEmpty()
                        && !(text.charAt(0) >= '0' && text.charAt(0) <= '9')
                        && text.chars()
                                .allMatch(c ->
                                        (c >= 'a' && c <= 'z')
                                                || (c >= '0' && c <= '9')
                                                || c == '_'
                                                || c >= 0x80);
        return bare ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    /** A part as the parser library hands it out: quotes off, then as {@link #part}. */
    static String fromParser(String part) {
        return part.length() >= 2 && part.startsWith("\"") && part.endsWith("\"")
                ? part(part.substring(1, part.length() - 1))
                : part;
    }

    /**
     * What stands where a relation's name must stand: after FROM, JOIN, INTO, UPDATE and TABLE. A
     * second opinion beside the parser's tree, and the only one where there is no tree.
     */
    static Set<String> relations(List<Token> tokens) {
        return new Names(tokens).find();
    }

    private Set<String> find() {
        var callers = new ArrayList<String>();
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.symbol("(")) {
                callers.add(i > 0 && tokens.get(i - 1).name() ? tokens.get(i - 1).text() : "");
            } else if (token.symbol(")") && !callers.isEmpty()) {
                callers.removeLast();
            } else if (token.kind() == Token.Kind.WORD) {
                String caller = callers.isEmpty() ? "" : callers.getLast();
                switch (token.text()) {
                    case "from" -> {
                        boolean clause =
                                !FROM_IN_ARGUMENTS.contains(caller)
                                        && !(i > 0 && tokens.get(i - 1).is("distinct"));
                        if (clause) {
                            list(i + 1);
                        }
                    }
                    case "update" -> {
                        boolean locks =
                                i > 0
                                        && (tokens.get(i - 1).is("for")
                                                || tokens.get(i - 1).is("key"));
                        if (!locks) {
                            relation(i + 1);
                        }
                    }
                    case "join", "into", "table", "copy" -> relation(i + 1);
                    default -> {}
                }
            }
        }
        return Collections.unmodifiableSet(relations);
    }

    /** A FROM list: names with aliases between commas, as far as it is that plain. */
    private void list(int from) {
        int i = relation(from);
        while (i > 0) {
            if (i < tokens.size() && tokens.get(i).is("as")) {
                i++;
            }
            if (i < tokens.size() && alias(tokens.get(i))) {
                i++;
            }
            i = i < tokens.size() && tokens.get(i).symbol(",") ? relation(i + 1) : 0;
        }
    }

    private static boolean alias(Token token) {
        return token.name()
                && !(token.kind() == Token.Kind.WORD && Words.RESERVED.contains(token.text()));
    }

    /**
     * Takes the name that starts here, if it is a relation's, and returns where it ends; 0 where
     * there is none.
     */
    private int relation(int from) {
        int i = from;
        while (i < tokens.size()
                && tokens.get(i).kind() == Token.Kind.WORD
                && Set.of("only", "table", "temp", "temporary", "unlogged", "if", "not", "exists")
                        .contains(tokens.get(i).text())) {
            i++;
        }
        if (i >= tokens.size() || !alias(tokens.get(i))) {
            return 0;
        }
        var name = new StringBuilder(part(tokens.get(i).text()));
        i++;
        while (i + 1 < tokens.size() && tokens.get(i).symbol(".") && tokens.get(i + 1).name()) {
            name.append('.').append(part(tokens.get(i + 1).text()));
            i += 2;
        }
        boolean call =
                i < tokens.size() && tokens.get(i).symbol("(") && !tokens.get(from - 1).is("into");
        boolean rows = tokens.get(from).is("rows") && i < tokens.size() && tokens.get(i).is("from");
        boolean word =
                rows
                        || tokens.get(from).is("set")
                        || tokens.get(from).is("lateral")
                        || tokens.get(from).is("of");
        if (call || word) {
            return 0;
        }
        relations.add(name.toString());
        return i;
    }
}
