package dev.sallyport.cli.stack;

import dev.sallyport.service.ServiceKind;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/** Services in this process. */
final class InProcess implements ServiceStarter {
    private final InstantSource clock;

    InProcess(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public RunningService start(ServiceKind kind, Path config) {
        return new Here(kind.start(config, Map.of(), clock));
    }

    private record Here(AutoCloseable service) implements RunningService {
        @Override
        public void kill() {
            throw new UnsupportedOperationException(
                    "a service in this process cannot be killed by itself");
        }

        @Override
        public void close() {
            try {
                service.close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new StackException(
                        "service_not_stopped",
                        "the service did not stop cleanly: " + e.getMessage(),
                        e);
            }
        }
    }
}
