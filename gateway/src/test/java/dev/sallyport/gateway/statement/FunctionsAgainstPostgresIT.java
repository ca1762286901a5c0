package dev.sallyport.gateway.statement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.schema.registry.StatementRules;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The lists of functions against the functions that the server has. */
class FunctionsAgainstPostgresIT {
    /** What depends on more than its argument, and yet shows only that, or structure. */
    private static final Set<String> HARMLESS =
            Words.words(
                    """
                    anyarray_out anyarray_send anycompatiblearray_out anycompatiblearray_send anycompatiblemultirange_out
                    anycompatiblerange_out anyenum_out anymultirange_out anyrange_out array_out array_send bpcharsend
                    brin_bloom_summary_send brin_minmax_multi_summary_send cash_in cash_out cstring_send date_in date_out
                    enum_out enum_send interval_out multirange_out multirange_send namesend range_out range_send record_out
                    record_send regclassin regclassout regcollationin regcollationout regconfigin regconfigout
                    regdictionaryin regdictionaryout regnamespacein regnamespaceout regoperatorin regoperatorout regoperin
                    regoperout regprocedurein regprocedureout regprocin regprocout regtypein regtypeout textsend
                    timestamp_out timestamptz_out varcharsend xml
                    """);

    /** Types whose text depends on settings or names structure. */
    private static final Set<String> SHOWN_TYPES =
            Words.words(
                    """
                    date interval money regclass regcollation regconfig regdictionary regnamespace regoper regoperator
                    regproc regprocedure regtype timestamp timestamptz
                    """);

    // cases A2 to A8: whatever one argument calls is looked up in the notation of a column too
    @Test
    void whatAColumnsNotationCallsOnlyComputesFromItsArgument() throws SQLException {
        Set<String> open =
                names(
                        """
                        select distinct proname from pg_catalog.pg_proc
                        where pronamespace = 'pg_catalog'::regnamespace and prokind = 'f' and provolatile <> 'i'
                            and pronargs >= 1 and pronargs - pronargdefaults <= 1
                            and 'internal'::regtype <> all (proargtypes)
                        """);
        open.removeIf(name ->
                Functions.danger("", name, StatementRules.NONE).isEmpty()
                        || Functions.attributeDanger(name, false, StatementRules.NONE).isPresent());

        assertThat(open).isSubsetOf(HARMLESS);
    }

    @Test
    void noTypeNamesWhatIsNotStructure() throws SQLException {
        Set<String> open =
                names(
                        """
                        select t.typname from pg_catalog.pg_type t join pg_catalog.pg_proc p on p.oid = t.typoutput
                        where t.typnamespace = 'pg_catalog'::regnamespace and t.typtype = 'b' and t.typelem = 0
                            and p.provolatile <> 'i'
                        """);
        open.removeAll(Catalogue.ROLE_TYPES);

        assertThat(open).isSubsetOf(SHOWN_TYPES);
    }

    /** What is no column of them is taken for a function of the whole row. */
    @Test
    void theColumnsOfRelationsThatHideSomeAreKnown() throws SQLException {
        Set<String> columns =
                names(
                        """
                        select distinct c.relname || '.' || a.attname from pg_catalog.pg_attribute a
                        join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'v')
                        where c.relnamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
                            and (a.attnum > 0 or a.attname = 'tableoid')
                        """);
        columns.removeIf(column -> {
            int dot = column.indexOf('.');
            return !Catalogue.hides(List.of("pg_catalog", column.substring(0, dot)))
                    || Catalogue.column(column.substring(dot + 1));
        });

        assertThat(columns).isEmpty();
    }

    private static Set<String> names(String query) throws SQLException {
        var names = new TreeSet<String>();
        try (Connection connection =
                        TestServers.postgres().connect(TestServers.freshDatabase("functions"));
                var statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }
}
