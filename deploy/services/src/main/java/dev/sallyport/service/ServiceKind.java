package dev.sallyport.service;

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
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The services. No constant holds a class of its service: a process has one service's classes on
 * its class path, and only what is asked for is loaded.
 */
public enum ServiceKind {
    MONITOR("Run the monitor: detectors, alerts, suspensions and the search index."),
    AUDIT(
            "Run the audit service: it takes the log in, signs checkpoints and serves the audit trail."),
    EXECUTOR("Run an executor: one cell's calls against the tenants' databases."),
    GATEWAY("Run the gateway: MCP over HTTP for agents.");

    private static final Duration DETECTING_WITHIN = Duration.ofSeconds(100);

    private final String description;

    ServiceKind(String description) {
        this.description = description;
    }

    /** The command that runs it alone, and its name in environment variables. */
    public String command() {
        return name().toLowerCase(Locale.ROOT);
    }

    String description() {
        return description;
    }

    /** The record that its configuration is read into. */
    public Class<? extends Record> configuration() {
        return switch (this) {
            case MONITOR -> MonitorConfig.class;
            case AUDIT -> AuditConfig.class;
            case EXECUTOR -> ExecutorConfig.class;
            case GATEWAY -> GatewayConfig.class;
        };
    }

    /**
     * Starts the service in this process and returns when it is ready.
     *
     * @param config the YAML file; null where the environment says all
     * @throws ServiceException {@code service_not_ready}
     */
    public AutoCloseable start(
            @Nullable Path config, Map<String, String> environment, InstantSource clock) {
        Secrets secrets = new Secrets(environment);
        String name = command();
        return switch (this) {
            case MONITOR ->
                    detecting(
                            Monitor.start(
                                    Settings.load(MonitorConfig.class, name, config, environment),
                                    secrets,
                                    clock));
            case AUDIT ->
                    AuditService.start(
                            Settings.load(AuditConfig.class, name, config, environment),
                            secrets,
                            clock);
            case EXECUTOR ->
                    Executor.start(
                            Settings.load(ExecutorConfig.class, name, config, environment),
                            secrets,
                            clock);
            case GATEWAY ->
                    Gateway.start(
                            Settings.load(GatewayConfig.class, name, config, environment)
                                    .within(environment),
                            secrets,
                            clock);
        };
    }

    private static Monitor detecting(Monitor monitor) {
        if (!monitor.awaitRunning(DETECTING_WITHIN)) {
            monitor.close();
            throw new ServiceException(
                    "service_not_ready",
                    "the monitor did not start to detect within "
                            + DETECTING_WITHIN.toSeconds()
                            + " s");
        }
        return monitor;
    }
}
