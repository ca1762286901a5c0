package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.schema.json.Json;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpSchema;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The TypeScript SDK, old and new, and the Java SDK use the gateway, and log a person in. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SdkClientsIT {
    private static final Duration WITHIN = Duration.ofMinutes(1);

    @TempDir static Path folder;
    private Stage stage;

    @BeforeAll
    void open() {
        stage = Stage.open(folder, LocalStack.Mode.TOGETHER);
    }

    @AfterAll
    void close() {
        if (stage != null) {
            stage.close();
        }
    }

    @ParameterizedTest // case D4
    @CsvSource({
        "@modelcontextprotocol/sdk@1.11.5, 22",
        "@modelcontextprotocol/sdk@1.13.3, 20",
        "@modelcontextprotocol/sdk@1.32.2, 22",
        "@modelcontextprotocol/client@2.4.0, 22"
    })
    void itConnectsListsAndReads(String versionedPackage, int node) throws Exception {
        JsonNode got =
                said(
                        programs(versionedPackage, node)
                                .runOwn(
                                        WITHIN,
                                        "session.mjs",
                                        stage.stack().description().mcp().toString(),
                                        stage.token("acme", "ana", "mcp:read"),
                                        major(versionedPackage)));

        assertThat(got.path("tools").toString()).contains("db_query", "describe_table");
        assertThat(got.at("/read/content/0/text").asString())
                .contains("acme")
                .doesNotContain("globex");
        assertThat(got.at("/read/isError").asBoolean(false)).isFalse();
        assertThat(got.at("/read").has("structuredContent")).isFalse();
        assertThat(got.path("schemas").asInt()).isEqualTo(got.path("tools").size());
        assertThat(got.path("structured")).hasSize(4);
        assertThat(got.at("/refused/isError").asBoolean()).isTrue();
        assertThat(got.at("/refused/content/0/text").asString()).contains("role_change");
    }

    @Test
    void theJavaSdkConnectsListsAndReads() {
        URI mcp = stage.stack().description().mcp();
        String token = stage.token("acme", "ana", "mcp:read");
        var transport =
                HttpClientStreamableHttpTransport.builder(mcp.resolve("/").toString())
                        .endpoint(mcp.getPath())
                        .addHttpRequestCustomizer((request, method, endpoint, body, context) ->
                                request.header("Authorization", "Bearer " + token))
                        .build();
        try (McpSyncClient client = McpClient.sync(transport).requestTimeout(WITHIN).build()) {
            client.initialize();
            assertThat(client.listTools().tools())
                    .extracting(McpSchema.Tool::name)
                    .contains("db_query", "describe_table")
                    .doesNotContain("db_execute");

            var read = javaQuery(client, "select distinct tenant_id from customers");
            assertThat(read.isError()).isNotEqualTo(true);
            assertThat(read.content().toString()).contains("acme").doesNotContain("globex");

            var refused = javaQuery(client, "set role globex_agent");
            assertThat(refused.isError()).isTrue();
            assertThat(refused.content().toString()).contains("role_change");
        }
    }

    private static McpSchema.CallToolResult javaQuery(McpSyncClient client, String sql) {
        return client.callTool(
                McpSchema.CallToolRequest.builder("db_query")
                        .arguments(Map.of("database", "shop", "sql", sql))
                        .build());
    }

    @ParameterizedTest // cases E6, E7, E8
    @CsvSource({
        "@modelcontextprotocol/sdk@1.32.2, 127.0.0.1",
        "@modelcontextprotocol/sdk@1.32.2, localhost",
        "@modelcontextprotocol/client@2.4.0, 127.0.0.1",
        "@modelcontextprotocol/client@2.4.0, localhost"
    })
    void itLogsAPersonInByCode(String versionedPackage, String host) throws Exception {
        String url = stage.stack().description().mcp().toString().replace("127.0.0.1", host);
        JsonNode got =
                said(
                        programs(versionedPackage, 22)
                                .runOwn(WITHIN, "login.mjs", url, major(versionedPackage)));

        assertThat(got.path("tools").toString()).contains("db_query").doesNotContain("db_execute");
        assertThat(got.at("/claims/sub").asString()).isEqualTo("ana");
        assertThat(got.at("/claims/aud").toString()).contains(url);
        assertThat(got.at("/claims/scope").asString()).isEqualTo("mcp:read");
    }

    private static String major(String versionedPackage) {
        return versionedPackage.substring(versionedPackage.lastIndexOf('@') + 1)
                .split("\\.", -1)[0];
    }

    private static NodePrograms programs(String versionedPackage, int node) throws Exception {
        String name = "sdk" + versionedPackage.replaceAll("[^0-9a-z]+", "-") + "-node-" + node;
        return NodePrograms.install(name, node, List.of(versionedPackage));
    }

    private static JsonNode said(NodePrograms.Said said) {
        assertThat(said.exitCode()).as(said.text()).isZero();
        return Json.mapper().readTree(said.text().lines().reduce((_, last) -> last).orElseThrow());
    }
}
