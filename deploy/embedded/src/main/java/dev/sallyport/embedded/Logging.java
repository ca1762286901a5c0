package dev.sallyport.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.builder.api.AppenderComponentBuilder;
import org.apache.logging.log4j.core.config.builder.api.ComponentBuilder;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilder;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilderFactory;
import org.apache.logging.log4j.core.config.builder.api.LayoutComponentBuilder;
import org.apache.logging.log4j.core.config.builder.api.RootLoggerComponentBuilder;
import org.apache.logging.log4j.core.config.builder.impl.BuiltConfiguration;
import org.apache.logging.log4j.jul.Log4jBridgeHandler;

/**
 * Where the log lines of this JVM go: nowhere until {@link #toFolder} is called, then to files, one
 * a part. Covers slf4j, log4j and java.util.logging, so that no library writes on the console.
 */
public final class Logging {

    // Key/value pairs of an event stand in its context map.
    private static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}{UTC} %-5level [%t] %c{1.} %m %notEmpty{%X }%n%xEx";

    private static final String FILE_BYTES_MAX = "20MB";
    private static final String FILES_KEPT = "5";

    private record Part(String file, List<String> loggers, Level level) {}

    // The longest name that matches decides, so a part's chatter stays out of the services'
    // file.
    private static final List<Part> PARTS =
            List.of(
                    new Part(
                            "kafka",
                            List.of("kafka", "org.apache.kafka", "state.change.logger"),
                            Level.INFO),
                    new Part(
                            "kafka-clients",
                            List.of(
                                    "org.apache.kafka.clients",
                                    "org.apache.kafka.common",
                                    "org.apache.kafka.streams"),
                            Level.WARN),
                    new Part(
                            "opensearch",
                            List.of("org.opensearch", "org.apache.lucene", "io.netty"),
                            Level.INFO),
                    new Part("oauth", List.of("no.nav.security"), Level.INFO),
                    new Part("embedded", List.of("dev.sallyport.embedded"), Level.INFO));

    private static final String SERVICES = "sallyport";

    private Logging() {}

    /**
     * Sends the log lines to files in this folder, from now on: {@code sallyport.log} has the
     * services', {@code kafka.log}, {@code opensearch.log} and so on the servers'. Each file is
     * rolled at 20 MB and five old ones are kept.
     */
    public static void toFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot create the log folder " + folder + ": " + e,
                    e);
        }
        ConfigurationBuilder<BuiltConfiguration> configuration = configuration("files");
        configuration.add(rollingFile(configuration, folder, SERVICES));
        for (Part part : PARTS) {
            configuration.add(rollingFile(configuration, folder, part.file()));
            for (String logger : part.loggers()) {
                configuration.add(
                        configuration
                                .newLogger(logger, part.level())
                                .addAttribute("additivity", false)
                                .add(configuration.newAppenderRef(part.file())));
            }
        }
        apply(configuration, SERVICES, Level.INFO);
    }

    private static ConfigurationBuilder<BuiltConfiguration> configuration(String name) {
        ConfigurationBuilder<BuiltConfiguration> configuration =
                ConfigurationBuilderFactory.newConfigurationBuilder();
        configuration.setConfigurationName(name);
        configuration.setStatusLevel(Level.ERROR);
        // What is logged while the JVM stops is what one looks for after a bad stop.
        configuration.setShutdownHook("disable");
        return configuration;
    }

    private static void apply(
            ConfigurationBuilder<BuiltConfiguration> configuration, String appender, Level level) {
        RootLoggerComponentBuilder root = configuration.newRootLogger(level);
        root.add(configuration.newAppenderRef(appender));
        configuration.add(root);
        LoggerContext context =
                (LoggerContext) org.apache.logging.log4j.LogManager.getContext(false);
        Configurator.reconfigure(configuration.build(false));
        context.updateLoggers();
        Log4jBridgeHandler.install(true, null, true);
    }

    private static AppenderComponentBuilder rollingFile(
            ConfigurationBuilder<BuiltConfiguration> configuration, Path folder, String name) {
        ComponentBuilder<?> policies =
                configuration
                        .newComponent("Policies")
                        .addComponent(
                                configuration
                                        .newComponent("SizeBasedTriggeringPolicy")
                                        .addAttribute("size", FILE_BYTES_MAX));
        return configuration
                .newAppender(name, "RollingFile")
                .addAttribute("fileName", folder.resolve(name + ".log").toString())
                .addAttribute("filePattern", folder.resolve(name + ".%i.log").toString())
                .addAttribute("createOnDemand", true)
                .add(layout(configuration))
                .addComponent(policies)
                .addComponent(
                        configuration
                                .newComponent("DefaultRolloverStrategy")
                                .addAttribute("max", FILES_KEPT));
    }

    private static LayoutComponentBuilder layout(
            ConfigurationBuilder<BuiltConfiguration> configuration) {
        return configuration.newLayout("PatternLayout").addAttribute("pattern", PATTERN);
    }
}
