package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.cli.stack.LocalStack;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A client that nobody here wrote, the MCP inspector, uses the gateway in both eras of the
 * protocol.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ForeignClientIT {
    private static final String INSPECTOR = "@modelcontextprotocol/inspector@2.12.0";
    private static final String SCRIPT =
            "@modelcontextprotocol/inspector/clients/launcher/build/index.js";
    private static final String PLAYWRIGHT = "playwright-core@1.65.1";
    private static final Duration PAGE_WITHIN = Duration.ofMinutes(2);
    private static final Duration PASTED_WITHIN = Duration.ofMinutes(4);
    private static final Duration WITHIN = Duration.ofMinutes(1);

    /** The inspector's exit codes. */
    private static final int AUTHENTICATION_REQUIRED = 3;

    private static final int TOOL_ERROR = 5;

    @TempDir static Path folder;
    private NodePrograms inspector;
    private Stage stage;

    @BeforeAll
    void open() throws Exception {
        inspector = NodePrograms.install("inspector", INSPECTOR);
        stage = Stage.open(folder, LocalStack.Mode.TOGETHER);
    }

    @AfterAll
    void close() {
        if (stage != null) {
            stage.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"legacy", "modern"})
    void theInspectorListsAndCallsTools(String era) throws Exception {
        String token = stage.token("acme", "ana", "mcp:read");

        NodePrograms.Said list = inspect(era, token, "--method", "tools/list");
        assertThat(list.exitCode()).as(list.text()).isZero();
        assertThat(list.text()).contains("db_query", "describe_table").doesNotContain("db_execute");

        NodePrograms.Said query = query(era, token, "select distinct tenant_id from customers");
        assertThat(query.exitCode()).as(query.text()).isZero();
        assertThat(query.text()).contains("acme").doesNotContain("globex");

        NodePrograms.Said refused = query(era, token, "set role globex_agent");
        assertThat(refused.exitCode()).as(refused.text()).isEqualTo(TOOL_ERROR);
        assertThat(refused.text()).contains("role_change");
    }

    @ParameterizedTest
    @ValueSource(strings = {"legacy", "modern"})
    void withoutAGoodTokenItIsToldToAuthenticate(String era) throws Exception {
        NodePrograms.Said said = inspect(era, "nonsense", "--method", "tools/list");
        assertThat(said.exitCode()).as(said.text()).isEqualTo(AUTHENTICATION_REQUIRED);
    }

    /** Discovery, registration, code with PKCE, and CORS are as the page needs them. */
    @ParameterizedTest // cases D7, E7
    @ValueSource(strings = {"legacy", "modern"})
    void aPersonSignsInOnTheInspectorsPageAndAsks(String era) throws Exception {
        Path chromium = NodePrograms.required("chromium");
        NodePrograms page =
                NodePrograms.install("inspector-page", 22, List.of(INSPECTOR, PLAYWRIGHT));

        NodePrograms.Said said =
                page.runOwn(
                        PAGE_WITHIN,
                        "inspector-page.mjs",
                        "node_modules/" + SCRIPT,
                        stage.stack().description().mcp().toString(),
                        era,
                        chromium.toString(),
                        "select distinct tenant_id from customers");

        assertThat(said.exitCode()).as(said.text()).isZero();
        assertThat(said.text())
                .contains("describe_table", "acme", "rowCount")
                .doesNotContain("db_execute", "globex");
    }

    /** With whatever Node and npm the user has. */
    @Test // case D9
    void whatTheReadmeShowsWorksWhenPasted() throws Exception {
        String readme = Files.readString(readme());
        int start = readme.indexOf("npx ");
        String commands = readme.substring(start, readme.indexOf("```", start));
        String port = String.valueOf(stage.stack().description().mcp().getPort());

        NodePrograms.Said said =
                inspector.paste(
                        PASTED_WITHIN,
                        commands.replace("PORT", port),
                        "TOKEN",
                        stage.token("acme", "ana", "mcp:read"));

        assertThat(commands).contains(INSPECTOR);
        assertThat(said.exitCode()).as(said.text()).isZero();
        assertThat(said.text()).contains("rowCount");
    }

    private static Path readme() {
        return Stream.of("README.md", "../README.md", "../../README.md")
                .map(Path::of)
                .filter(Files::exists)
                .findFirst()
                .orElseThrow();
    }

    private NodePrograms.Said query(String era, String token, String sql) throws Exception {
        return inspect(
                era,
                token,
                "--method",
                "tools/call",
                "--tool-name",
                "db_query",
                "--tool-arg",
                "database=shop",
                "--tool-arg",
                "sql=" + sql);
    }

    private NodePrograms.Said inspect(String era, String token, String... arguments)
            throws Exception {
        List<String> all =
                new ArrayList<>(
                        List.of(
                                "--cli",
                                stage.stack().description().mcp().toString(),
                                "--transport",
                                "http",
                                "-q"));
        all.addAll(List.of("--protocol-era", era, "--header", "Authorization: Bearer " + token));
        all.addAll(List.of(arguments));
        return inspector.run(WITHIN, SCRIPT, all.toArray(String[]::new));
    }
}
