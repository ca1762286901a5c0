package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.verify.Finding;
import dev.sallyport.audit.verify.HttpArtefacts;
import dev.sallyport.audit.verify.LogCopy;
import dev.sallyport.audit.verify.Verdict;
import dev.sallyport.cli.demo.McpClient;
import dev.sallyport.cli.stack.LocalStack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Promise 4: what the log says can be checked by someone who trusts none of us. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnyChangedByteIT {
    /** More than a full tile, so that every form of artefact is there. */
    private static final int CALLS = 150;

    private static final int BYTES_TRIED = 400;

    @TempDir static Path folder;
    private Stage stage;
    private Path copy;

    @BeforeAll
    void fill() throws IOException {
        stage = Stage.open(folder.resolve("stack"), LocalStack.Mode.TOGETHER);
        copy = folder.resolve("copy");
        try (McpClient ana = stage.agent("acme", "ana", "mcp:read")) {
            for (int i = 0; i < CALLS; i++) {
                assertThat(ana.sql("db_query", "shop", "select " + i).succeeded()).isTrue();
            }
        }
        await().atMost(Duration.ofSeconds(60))
                .until(() ->
                        verify() instanceof Verdict.Verified(_, var tree, _, _)
                                && tree.size() > 2 * CALLS);
        try (HttpArtefacts artefacts =
                new HttpArtefacts(stage.log("acme"), Optional.of(stage.auditorsToken("acme")))) {
            LogCopy.copy(artefacts, copy);
        }
    }

    @AfterAll
    void close() {
        stage.close();
    }

    private Verdict verify() {
        return stage.verifier().log(stage.log("acme"), Optional.of(stage.auditorsToken("acme")));
    }

    @Test
    void aCopyVerifiesAndNoByteOfItCanBeChanged() throws IOException {
        assertThat(stage.verifier().log(copy)).isInstanceOf(Verdict.Verified.class);
        List<Path> files;
        try (Stream<Path> all = Files.walk(copy)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        assertThat(files)
                .anyMatch(file -> file.toString().contains("entries"))
                .anyMatch(file -> file.endsWith("checkpoint"));
        Random random = new Random(42);
        for (int i = 0; i < BYTES_TRIED; i++) {
            Path file = files.get(i % files.size());
            byte[] bytes = Files.readAllBytes(file);
            byte[] altered = bytes.clone();
            int at = random.nextInt(bytes.length);
            altered[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, altered);
            assertThat(stage.verifier().log(copy))
                    .as("byte %d of %s", at, file)
                    .isInstanceOf(Verdict.Tampered.class);
            Files.write(file, bytes);
        }
        assertThat(stage.verifier().log(copy)).isInstanceOf(Verdict.Verified.class);
    }

    @Test
    void goVerifiesTheLogByTheCommandsOfItsPage() throws Exception {
        GoPrograms go = GoPrograms.there();
        String key = stage.verifier().key().named(originOf("acme")).toString();

        GoPrograms.Said said =
                go.paste(printed(), stage.log("acme"), key, stage.auditorsToken("acme"));
        assertThat(said.exitCode()).as(said.text()).isZero();
        assertThat(said.text())
                .contains("verified by golang.org/x/mod: tree and entries of " + originOf("acme"));

        // another log's key, of the same service, and a signature that is not there
        String other = stage.verifier().key().named(originOf("globex")).toString();
        assertThat(go.paste(printed(), stage.log("acme"), other, "").exitCode()).isEqualTo(1);
    }

    private String originOf(String tenant) {
        return stage.verifier().key().name() + "/" + tenant;
    }

    /** What docs/verify.md tells to run, without what needs an administrator. */
    private static String printed() throws IOException {
        String page = Files.readString(GoPrograms.TOP.resolve("docs/verify.md"));
        String block =
                page.substring(page.indexOf("apt-get install golang-go"))
                        .lines()
                        .takeWhile(line -> !line.startsWith("```"))
                        .filter(line -> !line.startsWith("apt-get"))
                        .collect(Collectors.joining("\n"));
        assertThat(block).contains("go run");
        return block;
    }

    @Test
    void anEntryThatIsAlteredInTheDatabaseIsNamed() throws Exception {
        try (Connection connection = stage.stack().servers().postgres().connect("sallyport_audit");
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "create table kept as select * from audit.entry where tenant = 'acme' and seq = 7");
            int changed =
                    statement.executeUpdate(
                            "update audit.entry set bytes = set_byte(bytes, 300, get_byte(bytes, 300) # 1) where tenant = 'acme' and seq = 7");
            assertThat(changed).isEqualTo(1);
            assertThat(verify())
                    .isInstanceOfSatisfying(
                            Verdict.Tampered.class,
                            tampered ->
                                    assertThat(tampered.findings())
                                            .anySatisfy(finding ->
                                                    assertThat(finding)
                                                            .isInstanceOfSatisfying(
                                                                    Finding.EntryAltered.class,
                                                                    altered ->
                                                                            assertThat(
                                                                                            altered
                                                                                                    .index())
                                                                                    .isEqualTo(
                                                                                            7))));
            statement.execute(
                    "update audit.entry e set bytes = k.bytes from kept k where e.tenant = k.tenant and e.seq = k.seq");
        }
        assertThat(verify()).isInstanceOf(Verdict.Verified.class);
    }
}
