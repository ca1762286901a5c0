package dev.sallyport.service;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.ConsoleAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilder;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilderFactory;
import org.apache.logging.log4j.core.config.builder.impl.BuiltConfiguration;
import org.apache.logging.log4j.jul.Log4jBridgeHandler;

/**
 * The log of a service that runs alone: standard error, whatever library writes it (slf4j, log4j,
 * java.util.logging).
 */
final class StandardErrorLog {
    // Key/value pairs of an event stand in its context map.
    private static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}{UTC} %-5level [%t] %c{1.} %m %notEmpty{%X }%n%xEx";
    private static final String CONSOLE = "console";

    private StandardErrorLog() {}

    /** From now on. */
    static void open() {
        ConfigurationBuilder<BuiltConfiguration> builder =
                ConfigurationBuilderFactory.newConfigurationBuilder();
        builder.setConfigurationName("standard-error");
        builder.setStatusLevel(Level.ERROR);
        // What is logged while the JVM stops is what one looks for after a bad stop.
        builder.setShutdownHook("disable");
        builder.add(
                builder.newAppender(CONSOLE, ConsoleAppender.PLUGIN_NAME)
                        .addAttribute("target", ConsoleAppender.Target.SYSTEM_ERR)
                        .add(builder.newLayout("PatternLayout").addAttribute("pattern", PATTERN)));
        builder.add(builder.newLogger("org.apache.kafka", Level.WARN));
        builder.add(builder.newRootLogger(Level.INFO).add(builder.newAppenderRef(CONSOLE)));
        LoggerContext context = (LoggerContext) LogManager.getContext(false);
        Configurator.reconfigure(builder.build(false));
        context.updateLoggers();
        Log4jBridgeHandler.install(true, null, true);
    }
}
