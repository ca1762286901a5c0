package dev.sallyport.e2e;

import dev.sallyport.embedded.EmbeddedStack;
import dev.sallyport.schema.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import tools.jackson.databind.JsonNode;

/** Everything that the local stack writes down, read whole. */
final class Places {
    private static final int DOCUMENTS_MAX = 10_000;

    private Places() {}

    /** Is shown what stands at a place. */
    interface Reader {
        void read(String place, byte[] content);
    }

    /** Every record of every topic, the internal ones too: key, value and headers. */
    static void topics(Stage stage, Reader reader) throws ExecutionException, InterruptedException {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", stage.stack().servers().kafka().bootstrapServers());
        List<TopicPartition> all = new ArrayList<>();
        try (Admin admin = Admin.create(settings)) {
            var names = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
            admin.describeTopics(names)
                    .allTopicNames()
                    .get()
                    .forEach((name, topic) ->
                            topic.partitions()
                                    .forEach(one ->
                                            all.add(new TopicPartition(name, one.partition()))));
        }
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (ends.entrySet().stream()
                    .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record :
                        consumer.poll(Duration.ofMillis(200))) {
                    reader.read("topic " + record.topic(), bytes(record));
                }
            }
        }
    }

    private static byte[] bytes(ConsumerRecord<byte[], byte[]> record) {
        var bytes = new ByteArrayOutputStream();
        Stream.concat(
                        Stream.of(record.key(), record.value()),
                        Stream.of(record.headers().toArray()).map(Header::value))
                .forEach(part -> {
                    if (part != null) {
                        bytes.writeBytes(part);
                        bytes.write('\n');
                    }
                });
        return bytes.toByteArray();
    }

    /** Every row of every table of a service's database, the one of migrations too. */
    static void database(Stage stage, String name, Reader reader) throws SQLException {
        try (Connection connection = stage.stack().servers().postgres().connect(name);
                Statement statement = connection.createStatement()) {
            Map<String, List<String>> columns = new TreeMap<>();
            try (ResultSet rows =
                    statement.executeQuery(
                            """
                            select format('%I.%I', table_schema, table_name),
                                   case data_type when 'bytea' then format('encode(%I, ''escape'')', column_name)
                                                  else format('%I::text', column_name) end
                            from information_schema.columns join information_schema.tables using (table_schema, table_name)
                            where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')
                            """)) {
                while (rows.next()) {
                    columns.computeIfAbsent(rows.getString(1), _ -> new ArrayList<>())
                            .add(rows.getString(2));
                }
            }
            for (var table : columns.entrySet()) {
                String sql =
                        "select concat_ws(E'\\n', %s) from %s"
                                .formatted(String.join(", ", table.getValue()), table.getKey());
                try (ResultSet rows = statement.executeQuery(sql)) {
                    while (rows.next()) {
                        reader.read(
                                "table " + table.getKey(),
                                rows.getString(1).getBytes(StandardCharsets.UTF_8));
                    }
                }
            }
        }
    }

    /** Every document of every index, the hidden ones too. */
    static void index(Stage stage, Reader reader) throws IOException, InterruptedException {
        URI openSearch = stage.stack().servers().openSearch().uri();
        URI all =
                openSearch.resolve("/_all/_search?size=" + DOCUMENTS_MAX + "&expand_wildcards=all");
        try (HttpClient http = HttpClient.newHttpClient()) {
            var _ =
                    http.send(
                            HttpRequest.newBuilder(openSearch.resolve("/_all/_refresh")).build(),
                            HttpResponse.BodyHandlers.discarding());
            byte[] body =
                    http.send(
                                    HttpRequest.newBuilder(all).build(),
                                    HttpResponse.BodyHandlers.ofByteArray())
                            .body();
            for (JsonNode hit : Json.mapper().readTree(body).at("/hits/hits")) {
                reader.read(
                        "index " + hit.path("_index").asString(""),
                        hit.toString().getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    /** Every log file, of the servers and of the services. */
    static void logs(Path dataFolder, Reader reader) throws IOException {
        List<Path> files;
        try (Stream<Path> tree = Files.walk(EmbeddedStack.logFolder(dataFolder))) {
            files = tree.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            reader.read("file " + file.getFileName(), Files.readAllBytes(file));
        }
    }
}
