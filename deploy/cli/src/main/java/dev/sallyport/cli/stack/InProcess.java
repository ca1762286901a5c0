package dev.sallyport.cli.stack;

import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.service.ServiceKind;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Services in this process. Of the environment they see what closes writes, and nothing else. */
final class InProcess implements ServiceStarter {
    private final Map<String, String> environment;
    private final InstantSource clock;

    InProcess(Map<String, String> environment, InstantSource clock) {
        this.environment = new HashMap<>(environment);
        this.environment.keySet().retainAll(Set.of(GatewayConfig.MCP_READ_ONLY));
        this.clock = clock;
    }

    @Override
    public RunningService start(ServiceKind kind, Path config) {
        return new Here(kind.start(config, environment, clock));
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
