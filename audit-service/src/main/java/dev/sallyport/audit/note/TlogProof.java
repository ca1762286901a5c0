package dev.sallyport.audit.note;

import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.InclusionProof;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The proof, in one text, that an entry is in a log (C2SP tlog-proof): index, inclusion path and
 * signed checkpoint.
 *
 * @param index the entry's place in the log, from 0
 * @param path the inclusion path, the leaf's sibling first
 * @param checkpoint the signed note of the checkpoint, verbatim
 */
public record TlogProof(long index, List<Hash> path, String checkpoint) {
    private static final String FIRST_LINE = "c2sp.org/tlog-proof@v1";
    private static final String INDEX = "index ";
    private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,17}");

    /** An inclusion path is never longer: a tree has at most 2^63 entries. */
    private static final int PATH_MAX = 63;

    public TlogProof {
        path = List.copyOf(path);
        if (index < 0) {
            throw new IllegalArgumentException("index must not be negative: " + index);
        }
        if (path.size() > PATH_MAX) {
            throw new IllegalArgumentException(
                    "an inclusion path has at most 63 hashes, not " + path.size());
        }
    }

    /**
     * The proof in the form of the specification; the extra line, which nothing authenticates, is
     * not written.
     */
    public String text() {
        var text = new StringBuilder(FIRST_LINE + "\n" + INDEX + index + "\n");
        path.forEach(hash -> text.append(hash).append('\n'));
        return text.append('\n').append(checkpoint).toString();
    }

    /** The proof that a text spells; an extra line is refused, any other malformed text too. */
    public static TlogProof parse(String text) {
        int blank = text.indexOf("\n\n");
        String[] lines = blank < 0 ? new String[0] : text.substring(0, blank).split("\n", -1);
        if (lines.length < 2 || !lines[0].equals(FIRST_LINE) || !lines[1].startsWith(INDEX)) {
            throw new IllegalArgumentException(
                    "a proof begins with the lines '" + FIRST_LINE + "' and 'index N'");
        }
        String index = lines[1].substring(INDEX.length());
        if (!NUMBER.matcher(index).matches()) {
            throw new IllegalArgumentException(
                    "the index of a proof is a decimal number: '" + index + "'");
        }
        var path = new ArrayList<Hash>();
        for (int i = 2; i < lines.length; i++) {
            path.add(Hash.of(Base64Text.read(lines[i])));
        }
        return new TlogProof(Long.parseLong(index), path, text.substring(blank + 2));
    }

    /**
     * True when the entry with this leaf hash stands at the index of the log that the (verified)
     * checkpoint describes.
     */
    public boolean proves(Hash leaf, Checkpoint verified) {
        return index < verified.tree().size()
                && new InclusionProof(index, verified.tree().size(), path)
                        .proves(leaf, verified.tree().root());
    }
}
