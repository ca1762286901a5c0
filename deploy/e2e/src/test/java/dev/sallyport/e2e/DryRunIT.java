package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.cli.demo.McpClient;
import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.schema.json.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A change that is rehearsed through the whole of Sallyport, and then made. */
class DryRunIT {
    private static final String SQL =
            "update customers set city = 'rehearsed' where city is not null";
    private static final Duration CATCHES_UP_WITHIN = Duration.ofSeconds(60);

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void aDryRunTellsTheEffectAndIsNoWriteInAnyBook(@TempDir Path folder) {
        try (Stage stage = Stage.open(folder, LocalStack.Mode.TOGETHER);
                McpClient client = stage.agent("acme", "ana", Stage.EVERYTHING);
                McpClient reader = stage.agent("acme", "rita", "mcp:read")) {
            List<String> was = stage.ownersView("select c::text from customers c order by 1");
            List<String> ledger = stage.ownersView("select call_id from sallyport.ledger");

            McpClient.Reply dry = client.call("db_execute", dryRun(true));

            assertThat(dry.succeeded()).as(dry.text()).isTrue();
            JsonNode told = dry.body().path("result").path("structuredContent");
            assertThat(told.path("rehearsed").asBoolean()).isTrue();
            assertThat(told.path("rowsAffected").asInt()).isPositive();
            assertThat(told.path("changes").get(0).path("after").path("city").asString())
                    .isEqualTo("rehearsed");
            assertThat(stage.ownersView("select c::text from customers c order by 1"))
                    .isEqualTo(was);
            assertThat(stage.ownersView("select call_id from sallyport.ledger")).isEqualTo(ledger);

            assertThat(reader.call("db_execute", dryRun(true)).succeeded())
                    .as("it needs the scopes of the change")
                    .isFalse();

            McpClient.Reply done = client.call("db_execute", dryRun(false));
            assertThat(done.succeeded()).as(done.text()).isTrue();
            assertThat(
                            done.body()
                                    .path("result")
                                    .path("structuredContent")
                                    .path("rowsAffected")
                                    .asInt())
                    .isEqualTo(told.path("rowsAffected").asInt());
            String call = dry.call().orElseThrow();
            await().atMost(CATCHES_UP_WITHIN)
                    .until(() -> stage.calls("acme", "CallSettled").contains(call));
            assertThat(stage.entries("acme", "CallSettled"))
                    .filteredOn(entry -> entry.get("callId").asString().equals(call))
                    .singleElement()
                    .satisfies(entry ->
                            assertThat(entry.get("outcome").asString()).isEqualTo("rehearsed"));
        }
    }

    private static ObjectNode dryRun(boolean dry) {
        return Json.mapper()
                .createObjectNode()
                .put("database", "shop")
                .put("sql", SQL)
                .put("dryRun", dry);
    }
}
