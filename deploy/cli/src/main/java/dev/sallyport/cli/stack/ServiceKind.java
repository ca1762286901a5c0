package dev.sallyport.cli.stack;

import dev.sallyport.audit.AuditConfig;
import dev.sallyport.executor.ExecutorConfig;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.monitor.MonitorConfig;
import java.util.Locale;

/** The services. */
public enum ServiceKind {
    MONITOR(MonitorConfig.class),
    AUDIT(AuditConfig.class),
    EXECUTOR(ExecutorConfig.class),
    GATEWAY(GatewayConfig.class);

    private final Class<? extends Record> configuration;

    ServiceKind(Class<? extends Record> configuration) {
        this.configuration = configuration;
    }

    /** The command that runs it alone, and its name in environment variables. */
    public String command() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The record that its configuration is read into. */
    public Class<? extends Record> configuration() {
        return configuration;
    }
}
