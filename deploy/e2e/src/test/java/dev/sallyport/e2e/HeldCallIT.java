package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.cli.demo.McpClient;
import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.registry.Rule;
import dev.sallyport.schema.topic.KafkaSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Calls that rules hold, through the whole of Sallyport down to the rows. */
class HeldCallIT {
    private static final TenantId ACME = new TenantId("acme");
    private static final Duration CATCHES_UP_WITHIN = Duration.ofSeconds(60);
    private static final String ROWS = "select c::text from customers c order by 1";

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void whatIsHeldIsCommittedOnceAndAsItWasShown(@TempDir Path folder) {
        try (Stage stage = Stage.open(folder, LocalStack.Mode.TOGETHER);
                McpClient ana = stage.agent("acme", "ana", Stage.EVERYTHING)) {
            put(
                    stage,
                    rule(
                            "updates",
                            new Rule.When(
                                    null,
                                    null,
                                    Set.of(StatementClass.WRITE),
                                    Set.of("customers"),
                                    null),
                            new Rule.Approval(ApprovalBy.CONFIRM, null, null, null)),
                    rule(
                            "many-orders",
                            new Rule.When(null, null, null, Set.of("orders"), 2L),
                            new Rule.Approval(ApprovalBy.CONFIRM, null, null, null)),
                    rule(
                            "payments",
                            new Rule.When(null, null, null, Set.of("payments"), null),
                            new Rule.Approval(
                                    ApprovalBy.ANOTHER, Set.of("ana", "ben"), null, null)));
            ObjectNode update = sql("update customers set city = 'held' where city = 'Lyon'");
            await().atMost(CATCHES_UP_WITHIN)
                    .until(() -> code(ana.call("db_execute", update)).equals("approval_required"));
            List<String> was = stage.ownersView(ROWS);
            List<String> ledger = stage.ownersView("select call_id from sallyport.ledger");

            McpClient.Reply held = ana.call("db_execute", update);

            JsonNode told = held.body().at("/result/structuredContent");
            assertThat(code(held)).as(held.text()).isEqualTo("approval_required");
            long rows = told.at("/effect/rowsAffected").asLong();
            assertThat(rows).isPositive();
            assertThat(told.at("/effect/changes/0/after/city").asString()).isEqualTo("held");
            assertThat(stage.ownersView(ROWS)).isEqualTo(was);
            assertThat(stage.ownersView("select call_id from sallyport.ledger")).isEqualTo(ledger);
            String id = told.at("/approval/id").asString();

            McpClient.Reply done = ana.call("db_execute", with(update, id));
            assertThat(done.succeeded()).as(done.text()).isTrue();
            assertThat(done.body().at("/result/structuredContent/rowsAffected").asLong())
                    .isEqualTo(rows);
            assertThat(stage.ownersView("select count(*)::text from customers where city = 'held'"))
                    .containsExactly(String.valueOf(rows));
            assertThat(code(ana.call("db_execute", with(update, id)))).isEqualTo("approval_used");

            // the rows are others by the time it is confirmed
            ObjectNode second = sql("update customers set city = 'again' where city = 'Oslo'");
            String late =
                    ana.call("db_execute", second)
                            .body()
                            .at("/result/structuredContent/approval/id")
                            .asString();
            stage.asOwner(
                    "update customers set name = 'Mallory' where (tenant_id, id) in"
                            + " (select tenant_id, id from customers where tenant_id = 'acme' and city = 'Oslo' limit 1)");
            List<String> between = stage.ownersView(ROWS);
            McpClient.Reply changed = ana.call("db_execute", with(second, late));
            assertThat(code(changed)).as(changed.text()).isEqualTo("effect_changed");
            assertThat(stage.ownersView(ROWS)).isEqualTo(between);
            assertThat(code(ana.call("db_execute", with(second, late)))).isEqualTo("approval_used");

            // few rows go through, and many are held, by the same text
            ObjectNode few =
                    sql(
                            "update orders set status = 'few' where id in (select id from orders order by id limit 2)");
            McpClient.Reply two = ana.call("db_execute", few);
            assertThat(two.succeeded()).as(two.text()).isTrue();
            assertThat(stage.ownersView("select count(*)::text from orders where status = 'few'"))
                    .containsExactly("2");
            assertThat(
                            code(
                                    ana.call(
                                            "db_execute",
                                            sql(
                                                    "update orders set status = 'many' where id in (select id from orders order by id limit 3)"))))
                    .isEqualTo("approval_required");

            anotherPersonAllows(stage, ana);

            await().atMost(CATCHES_UP_WITHIN)
                    .untilAsserted(() ->
                            assertThat(
                                            stage.entries("acme", "ApprovalGranted").stream()
                                                    .map(JsonNode::toString))
                                    .anyMatch(entry -> entry.contains(id)));
            assertThat(stage.entries("acme", "ApprovalRequested").stream().map(JsonNode::toString))
                    .anyMatch(entry -> entry.contains(id))
                    .anyMatch(entry -> entry.contains(late));
        }
    }

    private static void anotherPersonAllows(Stage stage, McpClient ana) {
        ObjectNode delete = sql("delete from payments where id = 2");
        String id =
                ana.call("db_execute", delete)
                        .body()
                        .at("/result/structuredContent/approval/id")
                        .asString();
        String ben = stage.approversToken("acme", "ben");
        // until the audit service has read the request, there is none
        await().atMost(CATCHES_UP_WITHIN)
                .until(() -> stage.decide(id, "approve", ben, "{\"note\":\"seen\"}") == 200);
        assertThat(stage.decide(id, "approve", ben, "{}")).as("once").isNotEqualTo(200);
        // neither who asked, nor a token for agents, nor somebody else
        for (String token :
                List.of(
                        stage.approversToken("acme", "ana"),
                        stage.token("acme", "ben", "audit:approve"),
                        stage.approversToken("acme", "mallory"),
                        stage.approversToken("globex", "ben"))) {
            assertThat(stage.decide(id, "deny", token, "{\"reason\":\"no\"}")).isNotEqualTo(200);
        }
        await().atMost(CATCHES_UP_WITHIN)
                .untilAsserted(() ->
                        assertThat(ana.call("db_execute", with(delete, id)).succeeded()).isTrue());
        assertThat(stage.ownersView("select id from payments where tenant_id = 'acme' and id = 2"))
                .isEmpty();
        assertThat(code(ana.call("db_execute", with(delete, id)))).isEqualTo("approval_used");
    }

    private static Rule rule(String name, Rule.When when, Rule.Approval approval) {
        return new Rule(ACME, name, when, approval, null);
    }

    private static void put(Stage stage, Rule... rules) {
        var kafka = new KafkaSettings(stage.stack().servers().kafka().bootstrapServers(), Map.of());
        try (var registry = new RegistryWriter(kafka, InstantSource.system(), "e2e")) {
            for (Rule rule : rules) {
                registry.put(ACME, rule);
            }
        }
    }

    private static String code(McpClient.Reply reply) {
        return reply.body().at("/result/_meta/dev.sallyport~1code").asString("");
    }

    private static ObjectNode sql(String sql) {
        return Json.mapper().createObjectNode().put("database", "shop").put("sql", sql);
    }

    private static ObjectNode with(ObjectNode call, String approval) {
        return call.deepCopy().put("approval", approval);
    }
}
