package dev.sallyport.executor.engine.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The list of types against a real catalogue. Case F. */
class ColumnTypeIT {
    @Test
    void everyTypeOfTheServerIsKnownAndSoIsItsArray() throws SQLException {
        List<String> unknown = new ArrayList<>();
        try (SharedDatabase shared = new SharedDatabase();
                Connection administrator = shared.administrator();
                Statement statement = administrator.createStatement();
                ResultSet types =
                        statement.executeQuery(
                                """
                                select oid, typarray, replace(format_type(oid, null), ' without time zone', '') as name from pg_type
                                where typnamespace = 'pg_catalog'::regnamespace and typarray <> 0
                                and typtype in ('b', 'r', 'm')
                                and typname not in ('aclitem', 'gtsvector', 'txid_snapshot', 'refcursor', 'int2vector', 'oidvector', 'regcollation')
                                order by oid
                                """)) {
            while (types.next()) {
                String name = types.getString("name");
                ColumnType type = ColumnType.of(types.getInt("oid"));
                ColumnType array = ColumnType.of(types.getInt("typarray"));
                if (type == null || array == null) {
                    unknown.add(name);
                    continue;
                }
                assertThat(List.of(type.name(), array.name())).containsExactly(name, name + "[]");
                assertThat(array.form()).isEqualTo(ColumnType.Form.ARRAY);
            }
        }
        assertThat(unknown).isEmpty();
    }
}
