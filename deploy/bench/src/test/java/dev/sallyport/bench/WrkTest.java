package dev.sallyport.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WrkTest {
    @TempDir Path folder;

    @Test
    void theScriptPostsTheBodyWithItsHeadersAndKeepsThePlaceOfTheKey() throws IOException {
        var target =
                new Contender.Load.Http(
                        "127.0.0.1",
                        1,
                        "/mcp",
                        Map.of("Authorization", "Bearer \"x\""),
                        NpmPeers.call("db_query", "\"sql\":\"" + PointTable.byKey("@KEY@") + "\""),
                        PointTable.ROW);

        String script = Files.readString(new Wrk(folder, 1_000).script(target));

        assertThat(script)
                .contains("[\"Authorization\"] = \"Bearer \\\"x\\\"\"")
                .contains("\"id\":\"k@KEY@\"")
                .contains("WHERE id = @KEY@")
                .contains("[==[row-@KEY@-end]==]")
                .doesNotContain("@PATH@", "@BODY@", "@EXPECTED@", "@ROWS@", "@HEADERS@", "@SEED@");
    }
}
