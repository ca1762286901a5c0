package dev.sallyport.executor.result;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CardNumbersTest {
    private final CardNumbers cards = new CardNumbers(false);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "4111111111111111|************1111",
                "4222222222222|*********2222",
                "5555555555554444|************4444",
                "2223003122003222|************3222",
                "378282246310005|***********0005",
                "30569309025904|**********5904",
                "3566002020360505|************0505",
                "6011111111111117|************1117",
                "6304000000000000|************0000",
                "6222021234567890128|***************0128",
                "4111 1111 1111 1111|**** **** **** 1111",
                "4111-1111-1111-1111|****-****-****-1111",
                "4111.1111.1111.1111|****.****.****.1111",
                "4111/1111/1111/1111|****/****/****/1111",
                "4111_1111_1111_1111|****_****_****_1111",
                "4111  1111  1111  1111|****  ****  ****  1111",
                "4111 - 1111 - 1111 - 1111|**** - **** - **** - 1111",
                "4111\u00a01111\u00a01111\u00a01111|****\u00a0****\u00a0****\u00a01111",
                "4111\u20131111\u20131111\u20131111|****\u2013****\u2013****\u20131111",
                "4111\u200b1111\u200b1111\u200b1111|****\u200b****\u200b****\u200b1111",
                "3782 822463 10005|**** ****** *0005",
                "622202 1234567890128|****** *********0128",
                "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1|* * * * * * * * * * * * 1 1 1 1",
                "41 11 11 11 11 11 11 11|** ** ** ** ** ** 11 11",
                "\uff14\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11|************\uff11\uff11\uff11\uff11",
                "paid with 4111 1111 1111 1111 in May|paid with **** **** **** 1111 in May",
                "4111111111111111,5555555555554444|************1111,************4444",
                "4111111111111111 5555555555554444|************1111 ************4444",
                "CARD4111111111111111EUR|CARD************1111EUR",
                "4111111111111111.00|************1111.00",
                "12 4111 1111 1111 1111|12 **** **** **** 1111",
                "4111 1111 1111 1111-4111 1111 1111 1111|**** **** **** 1111-**** **** **** 1111",
                "(4111111111111111,\"a b\")|(************1111,\"a b\")",
                "%B4111111111111111^DOE/J^2512|%B************1111^DOE/J^2512"
            })
    void aCardNumberKeepsItsLastFourDigits(String text, String cut) {
        assertThat(cards.in(text)).isEqualTo(cut);
        assertThat(cards.found()).isPositive();
        byte[] padded = ("12" + text + "34").getBytes(UTF_8);
        byte[] bytes =
                Objects.requireNonNull(new CardNumbers(false).in(padded, 2, padded.length - 2));
        assertThat(new String(bytes, UTF_8)).isEqualTo(cut);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "4111111111111112",
                "411111111111",
                "41111111111111111111",
                "1234567890123456",
                "1732752000000",
                "0000000000000000",
                "2026-11-27 23:49:15.123456+00",
                "20261127234915",
                "0.4111111111111111",
                "5.123456789012345",
                "5.555555555554444",
                "+4222222222222",
                "+49 1512 3456789",
                "555-123-4567 555-987-6543",
                "4111,1111,1111,1111",
                "4111:1111:1111:1111",
                "41111111-1111-1111-8111-1a2b3c4d5e6f",
                "see 41111111-1111-1111-8111-1a2b3c4d5e6f.",
                "4111111111111111a94a8fe5ccb19ba61c4c0873",
                "d41d8cd98f00b2044111111111111111",
                "3 4 5 6 7 8 9 10 11 12 13 14 15",
                "1 2 3 4 5 6 7 8 9 10 11 12"
            })
    void whatIsNoneStays(String text) {
        assertThat(cards.in(text)).isEqualTo(text);
        assertThat(cards.in(text.getBytes(UTF_8), 0, text.getBytes(UTF_8).length)).isNull();
        assertThat(cards.found()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "4.111111111111111e+15, ************1111",
        "4111111111111111e0, ************1111",
        "41111111111111110E-1, ************1111.0",
        "-4.111111111111111E15, -************1111",
        "4111111111111111, ************1111",
        "4.111111111111112e+15, 4.111111111111112e+15",
        "4.111111111111111e+14, 4.111111111111111e+14",
        "4.111111111111111e+300, 4.111111111111111e+300",
        "0e99999, 0e99999",
        "1e-99999, 1e-99999",
        "1.5, 1.5"
    })
    void anExponentHidesNone(String number, String cut) {
        assertThat(cards.inNumber(number)).isEqualTo(cut);
        assertThat(new CardNumbers(true).inNumber(number)).isEqualTo(number);
    }

    @Test
    void noMoreThanFourDigitsStayWhereTheyAreOfSeveralScripts() {
        String bold = "\ud835\udfcf"; // a digit that takes two chars

        assertThat(cards.in("4111" + bold.repeat(12)))
                .isEqualTo("****" + "**".repeat(8) + bold.repeat(4));
        assertThat(cards.in("4" + bold.repeat(3) + "111111111111"))
                .isEqualTo("*" + "**".repeat(3) + "********1111");
    }

    @ParameterizedTest // case B3
    @ValueSource(strings = {"1a", "1g", "1-", "1 ", "11111111-", "+1"})
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void theTimeGrowsWithTheTextAndNoFaster(String part) {
        assertThat(cards.in(part.repeat(400_000) + "x 4111111111111111"))
                .endsWith("x ************1111");
    }

    @Test
    void theyAreCounted() {
        cards.in("4111111111111111 and 5555555555554444");
        byte[] one = "378282246310005".getBytes(UTF_8);
        cards.in(one, 0, one.length);

        assertThat(cards.found()).isEqualTo(3);
    }

    @Test
    void whereTheyAreAllowedTheyStay() {
        CardNumbers allowed = new CardNumbers(true);

        assertThat(allowed.in("4111111111111111")).isEqualTo("4111111111111111");
        assertThat(allowed.found()).isZero();
    }
}
