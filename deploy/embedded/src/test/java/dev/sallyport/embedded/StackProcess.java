package dev.sallyport.embedded;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A stack in a JVM of its own, for tests that kill it. Prints {@code ready}, then runs until its
 * input ends.
 */
final class StackProcess {

    private StackProcess() {}

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        Logging.toFolder(EmbeddedStack.logFolder(folder));
        try (EmbeddedStack stack = EmbeddedStack.start(folder, StackListener.SILENT)) {
            System.out.println("ready " + stack.postgres().port());
            System.in.transferTo(java.io.OutputStream.nullOutputStream());
        }
    }
}
