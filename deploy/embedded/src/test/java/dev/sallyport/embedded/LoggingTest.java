package dev.sallyport.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

final class LoggingTest {

    @Test
    void aLineGoesToTheFileOfItsPartWithItsKeysAndValues(@TempDir Path folder) throws Exception {
        Logging.toFolder(folder);
        LoggerFactory.getLogger("dev.sallyport.gateway.Edge")
                .atInfo()
                .addKeyValue("callId", "c1")
                .log("call parked");
        LoggerFactory.getLogger("kafka.server.BrokerServer").info("broker line");
        java.util.logging.Logger.getLogger("org.apache.lucene.store")
                .warning("from java.util.logging");

        assertThat(Files.readString(folder.resolve("sallyport.log")))
                .contains("call parked {callId=c1}")
                .doesNotContain("broker line");
        assertThat(Files.readString(folder.resolve("kafka.log"))).contains("broker line");
        assertThat(Files.readString(folder.resolve("opensearch.log")))
                .contains("from java.util.logging");
    }
}
