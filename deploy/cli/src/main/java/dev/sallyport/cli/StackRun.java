package dev.sallyport.cli;

import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.cli.stack.ServiceCaches;
import dev.sallyport.cli.stack.StackDescription;
import dev.sallyport.service.ServiceProcess;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Starts the local stack, does something with it, and keeps it up until it is told to end. */
final class StackRun {
    private StackRun() {}

    /**
     * Starts the stack with the AOT caches that the launcher names.
     *
     * @param session what to do once it is up; null for nothing
     * @param once whether to end after the session
     * @return the exit code: 0 if the session held
     */
    static int run(
            DataOption data,
            boolean isolated,
            @Nullable Predicate<StackDescription> session,
            boolean once)
            throws Exception {
        PrintStream out = System.out;
        Path folder = data.folder();
        LocalStack.Mode mode = isolated ? LocalStack.Mode.ISOLATED : LocalStack.Mode.TOGETHER;
        StackConsole console = new StackConsole(out);
        out.println("Starting Sallyport in " + folder);
        try (ServiceProcess.Ending ending = ServiceProcess.onSignal();
                LocalStack stack =
                        LocalStack.start(
                                folder,
                                mode,
                                ServiceCaches.ofLauncher(),
                                System.getenv(),
                                console,
                                InstantSource.system());
                AutoCloseable _ = ending::stopping) {
            boolean held = session == null || session.test(stack.description());
            if (!once) {
                console.directions(stack.description(), folder, data.folder == null);
                ending.await();
                out.println("Stopping");
            }
            return held ? 0 : Main.FAILED;
        }
    }
}
