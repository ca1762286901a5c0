package dev.sallyport.cli.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of YAML is taken, and where it stands. */
final class PlacedYamlTest {
    @Test
    void everyPartHasItsLine() {
        String text =
                """
                # a comment
                tenant/acme:
                  name: Acme
                  issuers:
                    - {uri: a, claims: {x: "1"}}
                    - uri: b
                ---
                grant/acme/a: {}
                """;
        List<PlacedYaml> documents = PlacedYaml.read("f", text);
        assertThat(documents).hasSize(2);
        PlacedYaml first = documents.getFirst();
        assertThat(first.line("/tenant~1acme")).isEqualTo(2);
        assertThat(first.line("/tenant~1acme/issuers/0/claims/x")).isEqualTo(5);
        assertThat(first.line("/tenant~1acme/issuers/1/uri")).isEqualTo(6);
        assertThat(first.line("/tenant~1acme/nothing")).isEqualTo(2);
        assertThat(documents.getLast().line("/grant~1acme~1a")).isEqualTo(8);
    }

    @Test
    void valuesAreWhatJsonHas() {
        assertThat(
                        PlacedYaml.read(
                                "f",
                                "{a: yes, b: true, c: 12, d: \"1\", e: on, f: -3, g: [], h: {}}"))
                .singleElement()
                .satisfies(document ->
                        assertThat(document.value())
                                .hasToString(
                                        "{\"a\":\"yes\",\"b\":true,\"c\":12,\"d\":\"1\",\"e\":\"on\",\"f\":-3,\"g\":[],\"h\":{}}"));
        assertThat(PlacedYaml.read("f", "# nothing\n---\n---\n")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: &x [1]\nb: *x",
                "a: &x 1",
                "a: &x {b: *x}",
                "a: {<<: *x}",
                "a: !!java.net.URL [x]",
                "a: !local x",
                "a: !!str 1",
                "!!set {a}",
                "a: 1\nb: 2\na: 3",
                "a: {b: 1, \"b\": 2}",
                "1: a",
                "true: a",
                "[a]: b",
                "a:",
                "a: null",
                "a: 1.5",
                "a: 1e3",
                "a: .inf",
                "a: 99999999999999999999",
                "a: 9223372036854775808",
                "a: \"\\u202Ereversed\"",
                "a: \"\\e[31mred\"",
                "\"a\\u200B\": b",
                "a: 'b",
                "a: [",
                "a: b: c",
                "\t- a",
                "%YAML 9.9\n---\na: b",
                "a: \u0000"
            })
    void whatJsonCannotSayIsRefusedWithItsPlace(String text) {
        assertThatThrownBy(() -> PlacedYaml.read("f.yaml", text))
                .isInstanceOfSatisfying(
                        PolicyException.class,
                        e -> assertThat(e.code()).isEqualTo("policy_malformed"))
                .hasMessageContaining("f.yaml");
    }

    @Test
    void aMemberThatStandsTwiceIsToldWithBothLines() {
        assertThatThrownBy(() -> PlacedYaml.read("f", "x:\n  ab: 1\n  c: 2\n  ab: 3\n"))
                .hasMessage("f:4: ab stands here twice, first in line 2");
    }

    @Test
    void bombsAreRefusedBeforeTheyGoOff() {
        StringBuilder laughs = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) {
            laughs.append(
                    "a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n"
                            .formatted(i, i, i - 1, i - 1, i - 1, i - 1));
        }
        assertThatThrownBy(() -> PlacedYaml.read("f", laughs.toString()))
                .hasMessageContaining("f:1: anchors");
        for (String opening : List.of("[", "{a: ", "- ", "? ")) {
            assertThatThrownBy(() -> PlacedYaml.read("f", opening.repeat(200_000)))
                    .isInstanceOf(PolicyException.class);
        }
        assertThatThrownBy(() -> PlacedYaml.read("f", "a: " + "x".repeat(20_000)))
                .hasMessageContaining("f:1: longer than 10000 characters");
        assertThatThrownBy(() -> PlacedYaml.read("f", "a: b\n".repeat(300_000)))
                .isInstanceOf(PolicyException.class);
    }
}
