package dev.sallyport.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.embedded.EmbeddedKafka;
import dev.sallyport.embedded.TestServers;
import dev.sallyport.gateway.StandInExecutor.Answer;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.gateway.config.GatewayException;
import dev.sallyport.schema.SallyportException;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.ReplyAddress;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.reply.Reply;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.sign.SigningKey;
import dev.sallyport.schema.topic.KafkaSettings;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayFailureIT {

    private static final Map<String, Object> SELECT = Map.of("database", "shop", "sql", "select 1");

    @Test
    void withoutTheBrokerNothingRunsAndEveryAnswerSaysSo(@TempDir Path folder) {
        try (var broker = EmbeddedKafka.start(folder);
                var fixture =
                        GatewayFixture.on(broker, Duration.ofSeconds(10), Duration.ofSeconds(1))) {
            var client = fixture.acme("alice", "mcp:read");
            assertThat(client.tool("db_query", SELECT).isError()).isFalse();
            int ran = fixture.executor.taken().size();

            broker.stop();

            Instant asked = Instant.now();
            var query = client.tool("db_query", SELECT);
            assertThat(query.status()).isEqualTo(503);
            assertThat(query.code()).isEqualTo("log_unavailable");
            assertThat(query.callId()).isNotEmpty();
            assertThat(Duration.between(asked, Instant.now())).isLessThan(Duration.ofSeconds(8));
            assertThat(client.tool("show_databases", Map.of()).code()).isEqualTo("log_unavailable");
            assertThat(
                            client.tool(
                                            "db_query",
                                            Map.of("database", "nowhere", "sql", "select 1"))
                                    .code())
                    .isEqualTo("log_unavailable");
            assertThat(fixture.client("rubbish").tool("show_databases", Map.of()).code())
                    .isEqualTo("log_unavailable");
            assertThat(fixture.executor.taken()).hasSize(ran);

            // by then a suspension might have been missed
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() ->
                            assertThat(client.tool("db_query", SELECT).code())
                                    .isEqualTo("registry_outdated"));
            assertThat(client.tool("db_query", SELECT).status()).isEqualTo(503);

            broker.startAgain();

            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() ->
                            assertThat(client.tool("db_query", SELECT).status()).isEqualTo(200));
        }
    }

    @Test
    void aReplyThatComesTooLateIsNoHang() {
        try (var fixture =
                GatewayFixture.on(
                        TestServers.kafka(), Duration.ofSeconds(1), Duration.ofSeconds(1))) {
            fixture.executor.answers((_, _) -> null);
            var client = fixture.acme("alice", "mcp:read");

            var late = client.tool("db_query", SELECT);

            assertThat(late.status()).isEqualTo(504);
            assertThat(late.code()).isEqualTo("deadline_exceeded");
            assertThat(late.message()).contains("audit log");
            var command = fixture.executor.taken().getFirst().call();
            assertThat(command.call().toString()).isEqualTo(late.callId());
            assertThat(command.deadline()).isBefore(Instant.now());

            // the late reply finds nobody and disturbs nobody
            fixture.executor.reply(command, Answer.of("{\"late\":true}"));
            fixture.executor.answers((_, _) -> Answer.of("{\"late\":false}"));
            var next = client.tool("db_query", SELECT);
            assertThat(next.data().at("/late").asBoolean(true)).isFalse();
        }
    }

    @Test
    void repliesToOthersAndRepliesThatCannotBeReadArePassedOver() {
        try (var fixture = GatewayFixture.start()) {
            fixture.executor.answers((call, _) -> {
                var elsewhere =
                        new ReplyAddress(
                                new GatewayId("another-gateway"), call.reply().partition());
                fixture.executor.reply(call, elsewhere, Answer.of("{\"from\":\"elsewhere\"}"));
                return Answer.of("{\"from\":\"here\"}");
            });

            var response = fixture.acme("alice", "mcp:read").tool("db_query", SELECT);

            assertThat(response.data().at("/from").asString()).isEqualTo("here");
        }
    }

    @Test
    void whoCanWriteRepliesWithoutTheKeyAnswersNobody() {
        try (var fixture = GatewayFixture.start()) {
            byte[] forged = "{\"ended\":\"succeeded\"}\n{\"from\":\"a forger\"}".getBytes(UTF_8);
            var wrapping = new KeyEncryptionKey(KeyEncryptionKey.generate());
            DataKey another = wrapping.unwrap(wrapping.newDataKey(fixture.acme));
            fixture.executor.answers((call, _) -> {
                fixture.executor.send(call, call.reply(), forged);
                fixture.executor.send(
                        call, call.reply(), Reply.succeeded(forged, 0).seal(another, call.call()));
                fixture.executor.send(call, call.reply(), new byte[0]);
                return Answer.of("{\"from\":\"the executor\"}");
            });

            var response = fixture.acme("alice", "mcp:read").tool("db_query", SELECT);

            assertThat(response.data().at("/from").asString()).isEqualTo("the executor");
        }
    }

    @Test
    void manyCallsAtOnceEachGetTheirOwnAnswer() throws InterruptedException, ExecutionException {
        try (var fixture = GatewayFixture.start();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            fixture.executor.answers((_, arguments) -> Answer.of(arguments));
            var client = fixture.acme("alice", "mcp:read");
            List<Future<McpClient.Response>> calls = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                Map<String, Object> arguments =
                        Map.of("database", "shop", "sql", "select $1", "params", List.of(i));
                calls.add(threads.submit(() -> client.tool("db_query", arguments)));
            }
            for (int i = 0; i < 40; i++) {
                assertThat(calls.get(i).get().data().at("/params/0").asInt()).isEqualTo(i);
            }
        }
    }

    @Test
    void callsUnderWayAreAnsweredWhenTheGatewayStops() throws Exception {
        try (var fixture = GatewayFixture.start();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var arrived = new CountDownLatch(1);
            var release = new CountDownLatch(1);
            fixture.executor.answers((_, _) -> {
                arrived.countDown();
                await(release);
                return Answer.of("{}");
            });
            var client = fixture.acme("alice", "mcp:read");
            var call = threads.submit(() -> client.tool("db_query", SELECT));
            arrived.await();
            var stop = threads.submit(fixture.gateway::close);
            Awaitility.await().until(() -> turnedAway(client));
            release.countDown();

            assertThat(call.get().status()).isEqualTo(200);
            stop.get();
            fixture.gateway.awaitStop();
        }
    }

    @Test
    void aGatewayWhoseKeyIsNotRegisteredDoesNotStart() {
        try (var fixture = GatewayFixture.start()) {
            GatewayConfig other = fixture.configOf(new GatewayId("nobody-knows-me"));
            assertThatThrownBy(() -> Gateway.start(other, fixture.secrets, InstantSource.system()))
                    .isInstanceOf(GatewayException.class)
                    .hasMessageContaining("key/nobody-knows-me")
                    .extracting(e -> ((SallyportException) e).code())
                    .isEqualTo("gateway_key_unregistered");

            var wrongKey =
                    new Secrets(
                            Map.of(
                                    "SIGNING",
                                    SigningKey.generate().text().value(),
                                    "WRAPPING",
                                    fixture.wrapping.value()));
            assertThatThrownBy(
                            () -> Gateway.start(fixture.config, wrongKey, InstantSource.system()))
                    .hasMessageContaining("is not the public half");
        }
    }

    @Test
    void aTenantWhoseCellHasNoTopicHindersNobodyElse() {
        try (var fixture = GatewayFixture.start()) {
            var lost = new TenantId("lost-" + fixture.acme);
            fixture.registry.put(
                    lost, new Tenant(lost, "lost", new CellId("no-such-cell"), List.of(), false));
            var id = new GatewayId("second-" + fixture.acme);
            fixture.register(id);
            try (var second =
                    Gateway.start(fixture.configOf(id), fixture.secrets, InstantSource.system())) {
                var token = fixture.token(fixture.globex, "gwen", Set.of("mcp:read"));
                var response =
                        new McpClient(second.port(), token)
                                .tool("db_query", Map.of("database", "ledger", "sql", "select 1"));

                assertThat(response.status()).isEqualTo(200);
                assertThat(response.isError()).isFalse();
            }
        }
    }

    // case I5
    @Test
    void healthNamesTheCellsThatHaveExecutorsAndThoseThatHaveNone() {
        try (var fixture = GatewayFixture.start()) {
            fixture.tenantOfDeadCell("lost");

            Awaitility.await()
                    .atMost(Duration.ofSeconds(15))
                    .untilAsserted(() ->
                            assertThat(fixture.health())
                                    .contains(
                                            "\"status\":\"degraded\"",
                                            "\"dead-" + fixture.acme + "\":\"no executor\"",
                                            "\":\"1 executors\""));
        }
    }

    @Test
    void aGatewayWithoutABrokerSaysSoAtStart() {
        try (var fixture = GatewayFixture.start()) {
            var nowhere = new KafkaSettings("127.0.0.1:1", Map.of());

            assertThatThrownBy(() ->
                            Gateway.start(
                                    fixture.configOn(nowhere, Duration.ofSeconds(1)),
                                    fixture.secrets,
                                    InstantSource.system()))
                    .isInstanceOf(SallyportException.class)
                    .hasMessageContaining("registry");
        }
    }

    @Test
    void failuresOfTheExecutorHaveACodeEvenIfItNamesNone() {
        try (var fixture = GatewayFixture.start()) {
            fixture.executor.answers((_, _) -> new Answer(Ended.UNKNOWN, null, null, ""));

            var response = fixture.acme("alice", "mcp:read").tool("db_query", SELECT);

            assertThat(response.isError()).isTrue();
            assertThat(response.code()).isEqualTo("call_unknown");
        }
    }

    private static boolean turnedAway(McpClient client) {
        try {
            return client.tool("show_databases", Map.of()).status() == 503;
        } catch (UncheckedIOException e) {
            return true;
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
