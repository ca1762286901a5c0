package dev.sallyport.gateway.store;

import dev.sallyport.embedded.EmbeddedPostgres;
import dev.sallyport.embedded.TestServers;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;

/** A database of limits of its own, with its two roles, as an operator makes it. */
public final class LimitDatabase {

    private static final String PASSWORD = "limits-test";

    public final EmbeddedPostgres server;
    public final String name;
    public final GatewayConfig.LimitStore settings;

    private LimitDatabase(EmbeddedPostgres server, String name, Duration leaseTime) {
        this.server = server;
        this.name = name;
        String suffix = UUID.randomUUID().toString().substring(0, 8);
        String owner = "limits_owner_" + suffix;
        String user = "limits_" + suffix;
        execute(
                "create role %1$s login password '%3$s'; create role %2$s login password '%3$s'; grant create, connect on database %4$s to %1$s"
                        .formatted(owner, user, PASSWORD, name));
        this.settings =
                new GatewayConfig.LimitStore(
                        server.jdbcUrl(name),
                        user,
                        new SecretReference("env:LIMITS"),
                        owner,
                        new SecretReference("env:LIMITS"),
                        leaseTime);
    }

    public static LimitDatabase fresh(Duration leaseTime) {
        return new LimitDatabase(
                TestServers.postgres(), TestServers.freshDatabase("limits"), leaseTime);
    }

    public static LimitDatabase on(EmbeddedPostgres server, Duration leaseTime) {
        server.createDatabase("limits");
        return new LimitDatabase(server, "limits", leaseTime);
    }

    /** Where the settings' references lead. */
    public static Map<String, String> environment() {
        return Map.of("LIMITS", PASSWORD);
    }

    public PostgresLeaseStore open(String gateway) {
        return PostgresLeaseStore.open(
                settings, new GatewayId(gateway), new Secrets(environment()));
    }

    public void execute(String sql) {
        try (Connection administrator = server.connect(name);
                var statement = administrator.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The one text that the query gives. */
    public String text(String sql) {
        try (Connection administrator = server.connect(name);
                var statement = administrator.createStatement();
                var row = statement.executeQuery(sql)) {
            return row.next() ? String.valueOf(row.getString(1)) : "";
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The settings of a gateway with a login of its own, which can be cut off. */
    public GatewayConfig.LimitStore settingsOf(String login) {
        execute(
                "create role %1$s login password '%2$s' in role %3$s"
                        .formatted(login, PASSWORD, settings.user()));
        return new GatewayConfig.LimitStore(
                settings.jdbcUrl(), login, settings.password(), null, null, settings.leaseTime());
    }

    /** From now on whoever has this login is as good as dead to the store. */
    public void cutOff(String login) {
        execute(
                "alter role %1$s nologin; select pg_terminate_backend(pid) from pg_stat_activity where usename = '%1$s'"
                        .formatted(login));
    }
}
