package dev.sallyport.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorCodeTest {

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void everyCodeIsDocumentedWithItsNumbers(ErrorCode code) throws IOException {
        String row =
                page().lines()
                        .filter(line -> line.startsWith("| `" + code.code() + "` |"))
                        .findFirst()
                        .orElse("no row for " + code.code());

        assertThat(row).endsWith(" " + code.form().rpcCode() + " |");
        assertThat(row)
                .contains(
                        code.form().httpStatus() == 200
                                ? "| J |"
                                : "| H " + code.form().httpStatus() + " |");
    }

    /** Tests run in the module's folder or at the top of the project. */
    private static String page() throws IOException {
        Path found =
                Stream.of("../docs/gateway.md", "docs/gateway.md")
                        .map(Path::of)
                        .filter(Files::exists)
                        .findFirst()
                        .orElseThrow();
        return Files.readString(found);
    }
}
