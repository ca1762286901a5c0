package dev.sallyport.audit.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing in a text hides, and nothing moves what stands around it. */
class VisibleTextTest {
    private static String shown(VisibleText text) {
        return text.pieces().stream()
                .map(piece -> piece.hidden() ? "<" + piece.text() + ">" : piece.text())
                .collect(Collectors.joining());
    }

    @Test
    void whatShowsIsShownAsItIs() {
        String sql = "delete from \"Straße\"\n\twhere name = 'Zoë' -- 50 %, €";

        assertThat(shown(VisibleText.lines(sql))).isEqualTo(sql);
        assertThat(VisibleText.lines(sql).hidden()).isZero();
        assertThat(VisibleText.lines(sql).foreign()).isEqualTo(3);
    }

    /** Controls, directions, zero widths, fillers, odd spaces, separators, tags, and no letters. */
    @ParameterizedTest
    @ValueSource(
            ints = {
                0x00, 0x07, 0x08, 0x0B, 0x0D, 0x1B, 0x7F, 0x85, 0x9B, 0xA0, 0xAD, 0x034F, 0x061C,
                0x115F, 0x1160, 0x1680, 0x17B4, 0x180B, 0x180E, 0x2000, 0x2003, 0x200B, 0x200C,
                0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202D, 0x202E, 0x202F, 0x205F,
                0x2060, 0x2063, 0x2066, 0x2069, 0x206F, 0x2800, 0x3000, 0x3164, 0xD800, 0xE000,
                0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFF, 0x1D173, 0xE0001, 0xE0041, 0xE0100,
                0x10FFFF, 0x0378
            })
    void whatDoesNotShowIsWrittenAsItsCodePoint(int point) {
        String text = "a" + Character.toString(point) + "b";

        assertThat(shown(VisibleText.lines(text))).isEqualTo("a<U+%04X>b".formatted(point));
        assertThat(shown(VisibleText.line(text))).isEqualTo("a<U+%04X>b".formatted(point));
    }

    @Test
    void endsOfLinesShowInATextOfOneLine() {
        assertThat(shown(VisibleText.line("a\nb\tc"))).isEqualTo("a<U+000A>b<U+0009>c");
    }

    @Test
    void marksThatAreStackedOrStandAloneAreWrittenDown() {
        assertThat(shown(VisibleText.line("e\u0301"))).isEqualTo("e\u0301");
        assertThat(shown(VisibleText.line("e\u0301\u0301\u0301\u0301")))
                .isEqualTo("e\u0301\u0301<U+0301><U+0301>");
        assertThat(shown(VisibleText.line("= \u0338"))).isEqualTo("= <U+0338>");
        assertThat(shown(VisibleText.line("a\u20dd"))).isEqualTo("a<U+20DD>");
    }

    @Test
    void lettersThatLookLikeOthersAreNamed() {
        assertThat(VisibleText.line("p\u0430yments").pieces())
                .filteredOn(piece -> !piece.plain())
                .singleElement()
                .satisfies(piece -> assertThat(piece.name()).isEqualTo("CYRILLIC SMALL LETTER A"));
    }
}
