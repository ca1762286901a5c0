package dev.sallyport.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedStackIT {

    @Test
    void twoStacksRunSideBySideAndKeepTheirAddressesOverARestart(
            @TempDir Path first, @TempDir Path second) throws Exception {
        Map<EmbeddedStack.Part, String> addresses;
        int gateway;
        try (EmbeddedStack one = EmbeddedStack.start(first, StackListener.SILENT);
                EmbeddedStack two = EmbeddedStack.start(second, StackListener.SILENT)) {
            addresses = addressesOf(one);
            gateway = one.port("gateway");
            assertThat(
                            Stream.concat(
                                    addresses.values().stream(),
                                    addressesOf(two).values().stream()))
                    .doesNotHaveDuplicates()
                    .hasSize(8);
            assertThat(two.port("gateway")).isNotEqualTo(gateway);
            assertWorks(one);
            assertWorks(two);
            assertThatThrownBy(() -> EmbeddedStack.start(first, StackListener.SILENT))
                    .isInstanceOfSatisfying(
                            EmbeddedException.class,
                            e ->
                                    assertThat(e.code())
                                            .isEqualTo(EmbeddedException.Code.FOLDER_IN_USE));
        }
        Progress progress = new Progress();
        try (EmbeddedStack again = EmbeddedStack.start(first, progress)) {
            assertThat(addressesOf(again)).isEqualTo(addresses);
            assertThat(progress.ready).isEqualTo(addresses);
            assertThat(again.port("gateway")).isEqualTo(gateway);
            assertWorks(again);
        }
    }

    private static Map<EmbeddedStack.Part, String> addressesOf(EmbeddedStack stack) {
        return Map.of(
                EmbeddedStack.Part.KAFKA, stack.kafka().bootstrapServers(),
                EmbeddedStack.Part.POSTGRES,
                        stack.postgres().host() + ":" + stack.postgres().port(),
                EmbeddedStack.Part.OPEN_SEARCH, stack.openSearch().uri().toString(),
                EmbeddedStack.Part.OAUTH, stack.oauth().address().toString());
    }

    private static void assertWorks(EmbeddedStack stack) throws Exception {
        try (Admin admin =
                Admin.create(Map.of("bootstrap.servers", stack.kafka().bootstrapServers()))) {
            assertThat(admin.describeCluster().nodes().get()).hasSize(1);
        }
        try (var connection = stack.postgres().connect("postgres")) {
            assertThat(connection.isValid(5)).isTrue();
        }
        assertThat(
                        EmbeddedOpenSearchIT.send(
                                stack.openSearch().uri(), "GET", "/_cluster/health", null))
                .contains("green");
        assertThat(EmbeddedOpenSearchIT.send(stack.oauth().address(), "GET", "/acme/jwks", null))
                .contains("keys");
    }

    private static final class Progress implements StackListener {

        final List<EmbeddedStack.Part> starting = new java.util.concurrent.CopyOnWriteArrayList<>();
        final Map<EmbeddedStack.Part, String> ready = new ConcurrentHashMap<>();

        @Override
        public void starting(EmbeddedStack.Part part) {
            starting.add(part);
        }

        @Override
        public void ready(EmbeddedStack.Part part, Duration took, String address) {
            assertThat(starting).contains(part);
            System.out.println(part + " " + took.toMillis() + " ms " + address);
            ready.put(part, address);
        }
    }
}
