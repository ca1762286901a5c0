package dev.sallyport.gateway.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.gateway.config.GatewayException;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.StatementExceptions;

/** Connections to the database that gateways share. */
final class StoreConnections {

    static final String SCHEMA = "limits";

    private static final Duration CONNECT_WITHIN = Duration.ofSeconds(2);
    private static final int ANSWER_WITHIN_SECONDS = 3;

    private StoreConnections() {}

    /**
     * Migrates the database, where an owner is given.
     *
     * @throws GatewayException {@code limits_unavailable} if it cannot be migrated
     */
    static void migrate(GatewayConfig.LimitStore settings, Secrets secrets) {
        String owner = settings.owner();
        SecretReference password = settings.ownerPassword();
        if (owner == null || password == null) {
            return;
        }
        try {
            var _ =
                    Flyway.configure()
                            .dataSource(
                                    settings.jdbcUrl(), owner, secrets.resolve(password).value())
                            .locations("classpath:dev/sallyport/gateway/store/migrations")
                            .schemas(SCHEMA)
                            .placeholders(Map.of("runtimeRole", settings.user(), "schema", SCHEMA))
                            .load()
                            .migrate();
        } catch (FlywayException e) {
            throw new GatewayException(
                    "limits_unavailable",
                    "the database of limits cannot be migrated at " + settings.jdbcUrl(),
                    e);
        }
    }

    /** A pool that asks again where the database is away. */
    static HikariDataSource pool(
            GatewayConfig.LimitStore settings, Secrets secrets, String name, int most, int idle) {
        var config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl(settings.jdbcUrl());
        config.setUsername(settings.user());
        config.setPassword(secrets.resolve(Objects.requireNonNull(settings.password())).value());
        config.setMaximumPoolSize(most);
        config.setMinimumIdle(idle);
        config.setConnectionTimeout(CONNECT_WITHIN.toMillis());
        config.setInitializationFailTimeout(-1);
        config.setSchema(SCHEMA);
        config.addDataSourceProperty("ApplicationName", "sallyport-gateway");
        config.addDataSourceProperty("connectTimeout", CONNECT_WITHIN.toSeconds());
        config.addDataSourceProperty("socketTimeout", ANSWER_WITHIN_SECONDS);
        config.addDataSourceProperty("tcpKeepAlive", "true");
        // the detail of an error quotes the row, which names subjects
        config.addDataSourceProperty("logServerErrorDetail", "false");
        return new HikariDataSource(config);
    }

    static Jdbi jdbi(HikariDataSource pool) {
        Jdbi jdbi = Jdbi.create(pool);
        // an error of a statement would show its arguments, which name subjects
        jdbi.getConfig(StatementExceptions.class)
                .setMessageRendering(StatementExceptions.MessageRendering.NONE);
        return jdbi;
    }
}
