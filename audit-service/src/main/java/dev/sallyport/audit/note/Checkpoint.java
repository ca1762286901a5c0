package dev.sallyport.audit.note;

import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TreeHead;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a log states about itself at one moment (C2SP tlog-checkpoint).
 *
 * @param origin the log's identity, for example {@code audit.example.com/log/acme}
 * @param tree the tree of its entries
 * @param extensions further lines, opaque; this service writes none
 */
public record Checkpoint(String origin, TreeHead tree, List<String> extensions) {
    private static final Pattern SIZE = Pattern.compile("0|[1-9][0-9]{0,17}");

    public Checkpoint {
        extensions = List.copyOf(extensions);
        if (origin.isEmpty() || origin.contains("\n")) {
            throw new IllegalArgumentException(
                    "an origin is one line that is not empty: '" + origin + "'");
        }
    }

    /** A checkpoint without extensions. */
    public Checkpoint(String origin, TreeHead tree) {
        this(origin, tree, List.of());
    }

    /** The checkpoint that a note's text spells; any other text is refused with the reason. */
    public static Checkpoint parse(String text) {
        String[] lines = text.split("\n", -1);
        if (lines.length < 4 || !lines[lines.length - 1].isEmpty()) {
            throw new IllegalArgumentException(
                    "a checkpoint has three lines: origin, size and root hash");
        }
        if (!SIZE.matcher(lines[1]).matches()) {
            throw new IllegalArgumentException(
                    "the second line of a checkpoint is the size in decimal digits: '"
                            + lines[1]
                            + "'");
        }
        var extensions = List.of(lines).subList(3, lines.length - 1);
        if (extensions.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("an extension line of a checkpoint is not empty");
        }
        return new Checkpoint(
                lines[0],
                new TreeHead(Long.parseLong(lines[1]), Hash.of(Base64Text.read(lines[2]))),
                extensions);
    }

    /** The text to be signed. */
    public String text() {
        var text = new StringBuilder(origin + "\n" + tree.size() + "\n" + tree.root() + "\n");
        extensions.forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }
}
