package dev.sallyport.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.config.SettingsException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GatewayConfigTest {

    private static final Map<String, String> NEEDED =
            Map.of(
                    "SALLYPORT_GATEWAY_ID", "gateway-1",
                    "SALLYPORT_GATEWAY_PUBLIC_URL", "https://mcp.example.com/mcp",
                    "SALLYPORT_GATEWAY_AUTHORIZATION_SERVERS", "[https://login.example.com]",
                    "SALLYPORT_GATEWAY_KAFKA_BOOTSTRAP_SERVERS", "localhost:9092",
                    "SALLYPORT_GATEWAY_SIGNING_KEY", "env:SIGNING",
                    "SALLYPORT_GATEWAY_KEY_ENCRYPTION_KEY", "env:WRAPPING");

    @Test
    void everyKeyAndItsDefaultIsKnown() {
        List<String> keys =
                Settings.keys(GatewayConfig.class, "gateway").stream()
                        .map(key -> key.path() + " = " + key.defaultValue())
                        .toList();

        assertThat(keys)
                .containsExactly(
                        "id = null",
                        "host = 127.0.0.1",
                        "port = 8080",
                        "publicUrl = null",
                        "authorizationServers = null",
                        "allowedOrigins = []",
                        "trustedProxies = []",
                        "consoleUrl = null",
                        "kafka.bootstrapServers = null",
                        "kafka.properties = {}",
                        "signingKey = null",
                        "keyEncryptionKey = null",
                        "readOnly = \"false\"",
                        "limits.bodyBytesMax = 262144",
                        "limits.headerBytesMax = 16384",
                        "limits.rowsMax = 10000",
                        "limits.resultBytesMax = 4194304",
                        "limits.rowsDefault = 1000",
                        "limits.requestsMax = 2000",
                        "limits.memoryBytesMax = 268435456",
                        "limits.connectionsMax = 4096",
                        "limits.acceptQueueMax = 256",
                        "limits.statementMemoryBytesMax = 16777216",
                        "limitStore.jdbcUrl = null",
                        "limitStore.user = sallyport_limits",
                        "limitStore.password = null",
                        "limitStore.owner = null",
                        "limitStore.ownerPassword = null",
                        "limitStore.leaseTime = PT10S",
                        "timeouts.call = PT30S",
                        "timeouts.statement = PT25S",
                        "timeouts.publish = PT5S",
                        "timeouts.registry = PT30S",
                        "timeouts.head = PT10S",
                        "timeouts.answer = PT60S",
                        "timeouts.idle = PT60S",
                        "timeouts.drain = PT20S",
                        "timeouts.refusalFold = PT10S");
    }

    @Test
    void theNeededKeysAreEnough() {
        var config = load(NEEDED);

        assertThat(config.port()).isEqualTo(8080);
        assertThat(config.writable()).isTrue();
        assertThat(config.timeouts().call()).isEqualTo(Duration.ofSeconds(30));
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "True", "flase", "no", "0", "", "FALSE", " false"})
    void anythingButFalseIsReadOnly(String value) {
        assertThat(load(with("SALLYPORT_GATEWAY_READ_ONLY", value)).writable()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "1", "yes", "False", "", "false "})
    void theFamiliesVariableClosesWrites(String value) {
        var environment = Map.of(GatewayConfig.MCP_READ_ONLY, value);

        assertThat(load(NEEDED).within(environment).writable()).isFalse();
    }

    @Test
    void theFamiliesVariableOpensNothing() {
        var open = Map.of(GatewayConfig.MCP_READ_ONLY, "false");
        var closed = load(with("SALLYPORT_GATEWAY_READ_ONLY", "true"));

        assertThat(load(NEEDED).within(Map.of()).writable()).isTrue();
        assertThat(load(NEEDED).within(open).writable()).isTrue();
        assertThat(closed.within(open).writable()).isFalse();
    }

    @Test
    void whatIsMissingOrWrongIsNamed() {
        var without = new HashMap<>(NEEDED);
        without.remove("SALLYPORT_GATEWAY_SIGNING_KEY");

        assertThatThrownBy(() -> load(without))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("signingKey")
                .hasMessageContaining("file:/run/secrets/gateway-signing-key");
        assertThatThrownBy(() -> load(with("SALLYPORT_GATEWAY_PORT", "70000")))
                .hasMessageContaining("port must be 0 to 65535");
        for (String url :
                List.of(
                        "mcp",
                        "ftp://mcp.example.com/mcp",
                        "https:///mcp",
                        "https://me@mcp.example.com/mcp",
                        "https://mcp.example.com/mcp?a",
                        "https://mcp.example.com/mcp#a")) {
            assertThatThrownBy(() -> load(with("SALLYPORT_GATEWAY_PUBLIC_URL", url)))
                    .as(url)
                    .hasMessageContaining("publicUrl");
        }
        assertThatThrownBy(() -> load(with("SALLYPORT_GATEWAY_TIMEOUTS_CALL", "PT0S")))
                .hasMessageContaining("timeouts.call must be positive");
        assertThatThrownBy(() -> load(with("SALLYPORT_GATEWAY_LIMITS_MEMORY_BYTES_MAX", "1000000")))
                .hasMessageContaining("limits.memoryBytesMax");
        assertThatThrownBy(() -> load(with("SALLYPORT_GATEWAY_PROT", "1")))
                .hasMessageContaining("SALLYPORT_GATEWAY_PROT");
        assertThatThrownBy(
                        () -> load(with("SALLYPORT_GATEWAY_SIGNING_KEY", "MC4CAQAwBQYDK2VwBCIEIA")))
                .hasMessageNotContaining("MC4CAQ");
    }

    private static Map<String, String> with(String variable, String value) {
        var environment = new HashMap<>(NEEDED);
        environment.put(variable, value);
        return environment;
    }

    private static GatewayConfig load(Map<String, String> environment) {
        return Settings.load(GatewayConfig.class, "gateway", null, environment);
    }
}
