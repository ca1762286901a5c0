package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.schema.event.Access;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the server does by itself, without any client's statement. */
final class MaintenanceIT {
    private static final String AUTOVACUUM_SOON = "alter system set autovacuum_naptime = '1s'";

    @Test
    void autovacuumFindsNoContextAndNoError() throws Exception {
        try (SharedDatabase shared = new SharedDatabase()) {
            shared.administer(
                    """
                    create function whose(text) returns text immutable language plpgsql as
                    $$ begin return coalesce(sallyport.claim('tenant'), 'nobody') || $1; end $$;
                    create index by_claim on customers (whose(name));
                    alter table customers set (autovacuum_analyze_threshold = 1, autovacuum_analyze_scale_factor = 0,
                        autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0);
                    """);
            shared.administer(AUTOVACUUM_SOON);
            shared.administer("select pg_reload_conf()");
            try {
                shared.values(ACME, Access.WRITE, "update customers set balance = balance + 1");
                shared.values(ACME, Access.WRITE, "delete from customers where id = 13");

                // its time is only noted where the index's expression raised no error
                await().atMost(Duration.ofSeconds(40))
                        .until(() ->
                                shared.truth(
                                                "select last_autoanalyze is not null and last_autovacuum is not null"
                                                        + " from pg_stat_user_tables where relname = 'customers'")
                                        .equals(List.of("t")));
            } finally {
                shared.administer("alter system reset autovacuum_naptime");
                shared.administer("select pg_reload_conf()");
            }
            assertThat(
                            shared.truth(
                                    "select distinct unnest(most_common_vals::text::text[]) like 'nobody%' from pg_stats"
                                            + " where tablename = 'by_claim'"
                                            + " union all select distinct unnest(histogram_bounds::text::text[]) like 'nobody%'"
                                            + " from pg_stats where tablename = 'by_claim'"))
                    .containsOnly("t");
        }
    }
}
