package dev.sallyport.executor.result;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Cuts full payment card numbers to their last four digits; the others become {@code *}, so that a
 * text keeps its length and its separators.
 *
 * <p>A card number has 13 to 19 decimal digits of any script, begins as the networks' numbers do
 * (ISO/IEC 7812-1), has a length that the network uses, and passes the Luhn check (ISO/IEC 7812-1,
 * annex B). Its digits stand together, in groups as cards show them with one kind of separator, or
 * each by itself. A hash or an identifier in hexadecimal digits is none, and a number after {@code
 * +} is a telephone's.
 *
 * <p>This finds what lies in the open. Who may write SQL can turn a number around first: what must
 * not be seen is taken from the login instead.
 */
public final class CardNumbers {
    private static final int DIGITS_MIN = 13;
    private static final int DIGITS_MAX = 19;
    private static final int SHOWN = 4;
    private static final int SEPARATOR_CHARS_MAX = 3;

    /** Hashes and identifiers have no fewer. */
    private static final int HEXADECIMAL_MIN = 24;

    private static final Pattern UUID =
            Pattern.compile("(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    private static final int UUID_CHARS = 36;

    private final boolean cut;
    private int found;

    /**
     * A count of the card numbers of one result.
     *
     * @param allowed whether they stay as they are, and are not counted
     */
    public CardNumbers(boolean allowed) {
        this.cut = !allowed;
    }

    /** How many were cut. */
    public int found() {
        return found;
    }

    /** Forgets what was found after so many, of what is not in the result. */
    public void keep(int first) {
        found = first;
    }

    /** The text, with each card number in it cut. */
    public String in(String text) {
        return cut && mayHold(text) ? cut(text) : text;
    }

    /**
     * The number, written as JSON or the database writes it, with each card number in it cut: also
     * one of which an exponent stands for digits, {@code 4.111111111111111e+15}.
     */
    public String inNumber(String number) {
        if (!cut || (number.indexOf('e') < 0 && number.indexOf('E') < 0)) {
            return in(number);
        }
        BigDecimal exact = new BigDecimal(number);
        long digits = (long) exact.precision() - exact.scale(); // before the decimal point
        if (digits < DIGITS_MIN || digits > DIGITS_MAX) {
            return number;
        }
        String plain = exact.toPlainString();
        String masked = in(plain);
        return masked.equals(plain) ? number : masked;
    }

    /** The text in UTF-8 with each card number in it cut, or null where it has none. */
    public byte @Nullable [] in(byte[] utf8, int from, int to) {
        if (!cut || !mayHold(utf8, from, to)) {
            return null;
        }
        String text = new String(utf8, from, to - from, StandardCharsets.UTF_8);
        int before = found;
        String masked = cut(text);
        return found == before ? null : masked.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether digits enough come without a letter in between; quick, and says yes too often. */
    private static boolean mayHold(byte[] utf8, int from, int to) {
        int digits = 0;
        for (int at = from; at < to; at++) {
            byte b = utf8[at];
            if (isDigit(b) || beginsCharacter(b)) {
                if (++digits == DIGITS_MIN) {
                    return true;
                }
            } else if (isLetter(b)) {
                digits = 0;
            }
        }
        return false;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static boolean isLetter(byte b) {
        int lower = b | 0x20;
        return lower >= 'a' && lower <= 'z';
    }

    /** One of more than one byte, which may be a digit. */
    private static boolean beginsCharacter(byte b) {
        return (b & 0xC0) == 0xC0;
    }

    private static boolean mayHold(String text) {
        int digits = 0;
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (Character.isDigit(c) || Character.isHighSurrogate(c)) {
                if (++digits == DIGITS_MIN) {
                    return true;
                }
            } else if (Character.isLetter(c)) {
                digits = 0;
            }
        }
        return false;
    }

    /**
     * Digits that stand together.
     *
     * @param digits their values
     * @param from where the first one is
     * @param to where the last one ends
     */
    private record Group(String digits, int from, int to) {
        int size() {
            return digits.length();
        }
    }

    private String cut(String text) {
        StringBuilder masked = new StringBuilder(text);
        List<Group> run = new ArrayList<>();
        Word word = new Word(text);
        String separator = "";
        int at = 0;
        while (at < text.length()) {
            Group group = group(text, at);
            if (group == null) {
                at += Character.charCount(text.codePointAt(at));
                continue;
            }
            String before = run.isEmpty() ? "" : text.substring(run.getLast().to(), group.from());
            boolean goesOn =
                    run.size() == 1
                            ? isSeparator(before)
                            : run.size() > 1 && before.equals(separator);
            if (!goesOn) {
                cut(run, separator, masked);
                // what ends one run may begin the next, with another separator
                boolean shared = run.size() > 1 && isSeparator(before);
                Group last = shared ? run.getLast() : null;
                run.clear();
                if (last != null) {
                    run.add(last);
                }
            }
            if (!run.isEmpty()) {
                separator = before;
            }
            at = group.to();
            if (isNone(text, group, word)) {
                cut(run, separator, masked);
                run.clear();
            } else {
                run.add(group);
            }
        }
        cut(run, separator, masked);
        return masked.toString();
    }

    private static @Nullable Group group(String text, int from) {
        if (Character.digit(text.codePointAt(from), 10) < 0) {
            return null;
        }
        StringBuilder digits = new StringBuilder();
        int at = from;
        while (at < text.length()) {
            int digit = Character.digit(text.codePointAt(at), 10);
            if (digit < 0) {
                break;
            }
            digits.append((char) ('0' + digit));
            at += Character.charCount(text.codePointAt(at));
        }
        return new Group(digits.toString(), from, at);
    }

    private static boolean isSeparator(String between) {
        return !between.isEmpty()
                && between.length() <= SEPARATOR_CHARS_MAX
                && between.codePoints().allMatch(CardNumbers::separates);
    }

    private static boolean separates(int c) {
        return switch (Character.getType(c)) {
            case Character.SPACE_SEPARATOR,
                    Character.DASH_PUNCTUATION,
                    Character.CONNECTOR_PUNCTUATION,
                    Character.FORMAT ->
                    true;
            default -> Character.isWhitespace(c) || "./\u2212\u00b7".indexOf(c) >= 0;
        };
    }

    /** Whether the digits are a telephone number's, a hash's or an identifier's. */
    private static boolean isNone(String text, Group group, Word word) {
        return (group.from() > 0 && text.charAt(group.from() - 1) == '+')
                || word.isHexadecimal(group)
                || isInUuid(text, group);
    }

    /**
     * The Latin letters and the digits that stand together around a group. A word of a text is
     * looked at once, for all groups in it: there may be half as many as the text has characters.
     */
    private static final class Word {
        private final String text;
        private int length;
        private int end;
        private boolean hexadecimal;

        Word(String text) {
            this.text = text;
        }

        /**
         * Whether the group is a part of what is written in hexadecimal digits.
         *
         * @param group none before those that were asked for
         */
        boolean isHexadecimal(Group group) {
            if (group.from() >= end) {
                goTo(group);
            }
            return hexadecimal && length > group.to() - group.from() && length >= HEXADECIMAL_MIN;
        }

        private void goTo(Group group) {
            int from = group.from();
            while (from > end && isOfWord(text.charAt(from - 1))) {
                from--;
            }
            hexadecimal = true;
            end = from;
            while (end < group.to() || (end < text.length() && isOfWord(text.charAt(end)))) {
                hexadecimal &= Character.digit(text.charAt(end), 16) >= 0;
                end++;
            }
            length = end - from;
        }

        private static boolean isOfWord(char c) {
            return Character.isDigit(c) || (c < 0x80 && Character.isLetter(c));
        }
    }

    private static boolean isInUuid(String text, Group group) {
        int first = Math.max(0, group.to() - UUID_CHARS);
        int last = Math.min(group.from(), text.length() - UUID_CHARS);
        for (int at = first; at <= last; at++) {
            // most texts with digits and hyphens have none, and a match is dear
            if (text.charAt(at + 8) == '-'
                    && text.charAt(at + 13) == '-'
                    && UUID.matcher(text).region(at, at + UUID_CHARS).matches()) {
                return true;
            }
        }
        return false;
    }

    /** Cuts the card numbers of a run of groups that one kind of separator parts. */
    private void cut(List<Group> run, String separator, StringBuilder masked) {
        boolean decimal = run.size() == 2 && separator.equals(".");
        if (decimal) {
            cut(run.subList(0, 1), "", masked); // what follows is a fraction
            return;
        }
        int from = 0;
        while (from < run.size()) {
            int to = endOfCard(run, from);
            if (to > from) {
                mask(run.subList(from, to), masked);
                found++;
                from = to;
            } else {
                from++;
            }
        }
    }

    /** The end of the card number that begins there, or the beginning where none does. */
    private static int endOfCard(List<Group> run, int from) {
        StringBuilder digits = new StringBuilder();
        int longest = from;
        for (int to = from; to < run.size() && digits.length() < DIGITS_MAX; to++) {
            digits.append(run.get(to).digits());
            List<Group> groups = run.subList(from, to + 1);
            if (isCard(digits) && (isGrouped(groups) || isSpaced(groups, run))) {
                longest = to + 1;
            }
        }
        return longest;
    }

    /** As cards show it: the issuer's digits in the first group, and no group of a few. */
    private static boolean isGrouped(List<Group> groups) {
        int first = groups.getFirst().size();
        if (groups.size() == 1) {
            return true;
        }
        return first >= 4
                && groups.subList(1, groups.size() - 1).stream().allMatch(g -> g.size() >= 3);
    }

    /** Digits or pairs of digits, each by itself, and nothing else. */
    private static boolean isSpaced(List<Group> groups, List<Group> run) {
        int size = groups.getFirst().size();
        return groups.size() == run.size()
                && size <= 2
                && groups.subList(0, groups.size() - 1).stream().allMatch(g -> g.size() == size)
                && groups.getLast().size() <= size;
    }

    private static boolean isCard(CharSequence digits) {
        int length = digits.length();
        return length >= DIGITS_MIN
                && length <= DIGITS_MAX
                && isOfNetwork(digits, length)
                && passesLuhn(digits);
    }

    /** Whether a network gives out such numbers, by their first digits and their length. */
    private static boolean isOfNetwork(CharSequence digits, int length) {
        int four = Integer.parseInt(digits, 0, 4, 10);
        int two = four / 100;
        return switch (four / 1000) {
            case 2 -> // Mir, Mastercard
                    length >= 16
                            && ((four >= 2200 && four <= 2204) || (four >= 2221 && four <= 2720));
            case 3 -> // American Express; Diners Club; JCB
                    switch (two) {
                        case 34, 37 -> length == 15;
                        case 30, 36, 38, 39 -> length >= 14;
                        case 31, 33, 35 -> length >= 15;
                        default -> false;
                    };
            case 4 -> length == 13 || length == 16 || length >= 18; // Visa
            case 5 -> two == 50 || two >= 56 || length == 16; // Maestro, Mastercard
            case 6 -> true; // Maestro, Discover, UnionPay, RuPay
            case 8 -> length >= 16 && (two == 81 || two == 82); // UnionPay, RuPay
            case 9 -> length == 16 && four == 9792; // Troy
            default -> false;
        };
    }

    private static boolean passesLuhn(CharSequence digits) {
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(digits.length() - 1 - i) - '0';
            if (i % 2 == 1) {
                digit *= 2;
            }
            sum += digit > 9 ? digit - 9 : digit;
        }
        return sum % 10 == 0;
    }

    private static void mask(List<Group> groups, StringBuilder masked) {
        int left = groups.stream().mapToInt(Group::size).sum() - SHOWN;
        for (Group group : groups) {
            int at = group.from();
            while (at < group.to() && left > 0) {
                int chars = Character.charCount(masked.codePointAt(at));
                for (int i = 0; i < chars; i++) {
                    masked.setCharAt(at + i, '*');
                }
                at += chars;
                left--;
            }
        }
    }
}
