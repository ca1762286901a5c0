package dev.sallyport.schema.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TenantLimitsTest {

    private static final String KEY = "tenant/acme";

    @Test
    void whatATenantDoesNotSayIsTheDefault() {
        TenantLimits limits = tenant("").limitsInForce();

        assertThat(limits.callsPerMinute("db_query")).isEqualTo(100);
        assertThat(limits.destroyingPerMinute("db_execute")).isEqualTo(10);
        assertThat(limits.budgets("ana", "db_query")).isEmpty();
        assertThat(tenant(",\"limits\":{}").limitsInForce()).isEqualTo(TenantLimits.DEFAULT);
    }

    @Test
    void aToolHasItsOwnRatesAndABudgetItsOwnCalls() {
        TenantLimits limits =
                tenant(
                                """
                                ,"limits":{"callsPerMinute":50,"tools":{"db_query":{"callsPerMinute":300},"db_execute":{"destroyingPerMinute":2}},
                                "budgets":[{"name":"daily","window":"day","rows":1000,"bytes":5000000},
                                {"name":"night","subjects":["eve"],"tools":["db_query"],"window":"month","calls":7}]}
                                """)
                        .limitsInForce();

        assertThat(limits.callsPerMinute("db_query")).isEqualTo(300);
        assertThat(limits.callsPerMinute("show_tables")).isEqualTo(50);
        assertThat(limits.callsPerMinute("db_execute")).isEqualTo(50);
        assertThat(limits.destroyingPerMinute("db_execute")).isEqualTo(2);
        assertThat(limits.countsByItself("db_query")).isTrue();
        assertThat(names(limits.budgets("ana", "db_query"))).containsExactly("daily");
        assertThat(names(limits.budgets("eve", "db_query"))).containsExactly("daily", "night");
        assertThat(names(limits.budgets("eve", "db_execute"))).containsExactly("daily");
    }

    /** A misspelt limit must not be no limit, whoever wrote the entry. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"callPerMinute\":1}",
                "{\"callsPerMinute\":0}",
                "{\"callsPerMinute\":-1}",
                "{\"callsPerMinute\":1.5}",
                "{\"callsPerMinute\":\"many\"}",
                "{\"callsPerMinute\":5000000000}",
                "{\"tools\":{\"DB_QUERY\":{\"callsPerMinute\":1}}}",
                "{\"tools\":{\"db_query \":{\"callsPerMinute\":1}}}",
                "{\"tools\":{\"db_query\":{\"perMinute\":1}}}",
                "{\"budgets\":[{\"name\":\"a\",\"window\":\"day\",\"row\":1}]}",
                "{\"budgets\":[{\"name\":\"a\",\"window\":\"day\"}]}",
                "{\"budgets\":[{\"name\":\"a\",\"window\":\"week\",\"rows\":1}]}",
                "{\"budgets\":[{\"name\":\"a\",\"rows\":1}]}",
                "{\"budgets\":[{\"window\":\"day\",\"rows\":1}]}",
                "{\"budgets\":[{\"name\":\"a\",\"window\":\"day\",\"rows\":0}]}",
                "{\"budgets\":[{\"name\":\"A b\",\"window\":\"day\",\"rows\":1}]}",
                "{\"budgets\":[{\"name\":\"a\",\"window\":\"day\",\"rows\":1,\"tools\":[\"query\"]}]}",
                "{\"budgets\":[{\"name\":\"a\",\"window\":\"day\",\"rows\":1},{\"name\":\"a\",\"window\":\"day\",\"rows\":2}]}",
                "{\"budgets\":{\"a\":1}}",
                "[]",
                "\"none\""
            })
    void whatIsNotUnderstoodMakesTheEntryUnreadable(String limits) {
        byte[] entry = entry(",\"limits\":" + limits);

        assertThatThrownBy(() -> RegistryCodec.decode(KEY, entry))
                .isInstanceOfSatisfying(
                        SchemaException.class,
                        e -> assertThat(e.code()).isEqualTo("registry_malformed"));
        assertThatThrownBy(() -> RegistryCodec.fromPerson(KEY, Json.mapper().readTree(entry)))
                .isInstanceOf(RegistryEntryException.class);
    }

    @Test
    void aPersonIsToldWhichWordIsWrong() {
        byte[] entry =
                entry(",\"limits\":{\"budgets\":[{\"name\":\"a\",\"window\":\"day\",\"row\":1}]}");

        assertThatThrownBy(() -> RegistryCodec.fromPerson(KEY, Json.mapper().readTree(entry)))
                .hasMessageContaining("row");
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        var limits =
                new TenantLimits(
                        5,
                        null,
                        Map.of("db_query", new TenantLimits.Rates(null, 3)),
                        List.of(
                                new Budget(
                                        "daily",
                                        Set.of("ana"),
                                        Set.of("db_query"),
                                        Window.DAY,
                                        1L,
                                        null,
                                        Budget.AMOUNT_MAX)));
        Tenant plain = tenant("");
        var tenant =
                new Tenant(
                        plain.id(),
                        plain.name(),
                        plain.cell(),
                        plain.issuers(),
                        plain.readOnly(),
                        limits);

        byte[] written = RegistryCodec.encode(tenant);

        assertThat(RegistryCodec.decode(KEY, written)).isEqualTo(tenant);
        assertThat(RegistryCodec.fromPerson(KEY, Json.mapper().readTree(written)))
                .isEqualTo(tenant);
    }

    private static List<String> names(List<Budget> budgets) {
        return budgets.stream().map(Budget::name).toList();
    }

    private static Tenant tenant(String limits) {
        return (Tenant) Objects.requireNonNull(RegistryCodec.decode(KEY, entry(limits)));
    }

    private static byte[] entry(String limits) {
        return ("{\"id\":\"acme\",\"name\":\"Acme\",\"cell\":\"main\",\"issuers\":[],\"readOnly\":false"
                        + limits
                        + "}")
                .getBytes(StandardCharsets.UTF_8);
    }
}
