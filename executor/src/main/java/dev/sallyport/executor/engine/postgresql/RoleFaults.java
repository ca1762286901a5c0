package dev.sallyport.executor.engine.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What keeps a role from being an agent's login. */
final class RoleFaults {
    static final String MISSING = "it does not exist";

    private static final String ATTRIBUTES =
            """
            select rolsuper, rolbypassrls, rolinherit, rolcreaterole, rolcreatedb, rolreplication,
                rolcanlogin
            from pg_catalog.pg_roles where rolname = ?
            """;
    private static final String[] ATTRIBUTE_FAULTS = {
        "it is superuser",
        "it may bypass row-level security",
        "it inherits (noinherit is needed)",
        "it may create roles",
        "it may create databases",
        "it may replicate"
    };
    private static final String MEMBERSHIPS =
            """
            select g.rolname from pg_catalog.pg_auth_members m
            join pg_catalog.pg_roles g on g.oid = m.roleid
            join pg_catalog.pg_roles r on r.oid = m.member
            where r.rolname = ? order by 1
            """;
    private static final String OWNED =
            """
            select pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
            from pg_catalog.pg_shdepend d
            join pg_catalog.pg_roles r on r.oid = d.refobjid
            where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.deptype = 'o'
                and r.rolname = ?
                and d.dbid in (0, (select oid from pg_catalog.pg_database
                    where datname = current_database()))
            order by 1 limit 5
            """;

    private RoleFaults() {}

    static List<String> of(Connection connection, String role) throws SQLException {
        List<String> faults = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(ATTRIBUTES)) {
            statement.setString(1, role);
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    return List.of(MISSING);
                }
                for (int i = 0; i < ATTRIBUTE_FAULTS.length; i++) {
                    if (rows.getBoolean(i + 1)) {
                        faults.add(ATTRIBUTE_FAULTS[i]);
                    }
                }
                if (!rows.getBoolean("rolcanlogin")) {
                    faults.add("it cannot log in");
                }
            }
        }
        for (String group : names(connection, MEMBERSHIPS, role)) {
            faults.add("it is a member of " + group);
        }
        for (String object : names(connection, OWNED, role)) {
            faults.add("it owns " + object);
        }
        return faults;
    }

    private static List<String> names(Connection connection, String query, String role)
            throws SQLException {
        List<String> names = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, role);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
        }
        return names;
    }
}
