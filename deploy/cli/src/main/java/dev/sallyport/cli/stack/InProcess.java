package dev.sallyport.cli.stack;

import dev.sallyport.audit.AuditConfig;
import dev.sallyport.audit.AuditService;
import dev.sallyport.executor.Executor;
import dev.sallyport.executor.ExecutorConfig;
import dev.sallyport.gateway.Gateway;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.monitor.Monitor;
import dev.sallyport.monitor.MonitorConfig;
import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.secret.Secrets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Services in this process. */
public final class InProcess implements ServiceStarter {
    private static final Duration DETECTING_WITHIN = Duration.ofSeconds(60);

    private final InstantSource clock;

    InProcess(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * Starts the service and returns when it is ready.
     *
     * @param config the YAML file; null where the environment says all
     */
    public static AutoCloseable open(
            ServiceKind kind,
            @Nullable Path config,
            Map<String, String> environment,
            InstantSource clock) {
        Secrets secrets = new Secrets(environment);
        String name = kind.command();
        return switch (kind) {
            case GATEWAY ->
                    Gateway.start(
                            Settings.load(GatewayConfig.class, name, config, environment),
                            secrets,
                            clock);
            case EXECUTOR ->
                    Executor.start(
                            Settings.load(ExecutorConfig.class, name, config, environment),
                            secrets,
                            clock);
            case AUDIT ->
                    AuditService.start(
                            Settings.load(AuditConfig.class, name, config, environment),
                            secrets,
                            clock);
            case MONITOR ->
                    detecting(
                            Monitor.start(
                                    Settings.load(MonitorConfig.class, name, config, environment),
                                    secrets,
                                    clock));
        };
    }

    private static Monitor detecting(Monitor monitor) {
        if (!monitor.awaitRunning(DETECTING_WITHIN)) {
            monitor.close();
            throw new StackException(
                    "service_not_ready",
                    "the monitor did not come to detect within "
                            + DETECTING_WITHIN.toSeconds()
                            + " s");
        }
        return monitor;
    }

    @Override
    public RunningService start(ServiceKind kind, Path config) {
        return new Here(open(kind, config, Map.of(), clock));
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
