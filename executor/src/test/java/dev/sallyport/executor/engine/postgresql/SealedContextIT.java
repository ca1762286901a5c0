package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.executor.engine.Caller;
import dev.sallyport.executor.engine.Finding;
import dev.sallyport.schema.event.Access;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class SealedContextIT {
    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @BeforeAll
    static void share() throws Exception {
        shared = new SharedDatabase();
    }

    @AfterAll
    static void stop() throws SQLException {
        shared.close();
    }

    @Test
    void theSameStatementGivesEachTenantItsOwnRows() {
        String query = "select name from customers order by id";

        assertThat(shared.values(ACME, Access.READ, query))
                .containsExactly("secret of acme 1", "secret of acme 2", "secret of acme 3");
        assertThat(shared.values(GLOBEX, Access.READ, query))
                .containsExactly("secret of globex 1", "secret of globex 2", "secret of globex 3");
    }

    @Test
    void theDoctorFindsNothingInACleanDatabase() throws Exception {
        try (Connection administrator = shared.administrator()) {
            assertThat(Enrolment.doctor(administrator, shared.login(ACME)))
                    .extracting(Finding::severity)
                    .containsOnly(Finding.Severity.ADVICE);
        }
    }

    @Test
    void aWriteIsCommittedOnce() throws Exception {
        Caller caller = SharedDatabase.caller(ACME);
        String update = "update customers set balance = balance + 1 where id = 11";

        assertThat(shared.run(caller, Access.WRITE, update)).isInstanceOf(Transaction.Done.class);
        assertThat(shared.run(caller, Access.WRITE, update))
                .isEqualTo(new Transaction.DoneBefore<>(1));
        assertThat(shared.truth("select balance from customers where id = 11"))
                .containsExactly("11.50");
    }

    @Test
    void aWriteNeverReadsTheLedgerThrough() throws Exception {
        try (SharedDatabase database = new SharedDatabase()) {
            // planned while the ledger is so small that reading all of it looks cheapest
            database.values(ACME, Access.WRITE, "update customers set balance = 1 where id = 11");
            database.administer("analyze sallyport.ledger");

            // a server tells its counts once a second at the most
            await().until(() -> {
                database.values(
                        ACME, Access.WRITE, "update customers set balance = 2 where id = 11");
                return updatesOfTheLedger(database) >= 20;
            });

            // one for the making of the index
            assertThat(ledgerReadThrough(database)).isLessThanOrEqualTo(2);
        }
    }

    private static long ledgerReadThrough(SharedDatabase database) throws SQLException {
        return ofTheLedger(database, "seq_scan");
    }

    private static long updatesOfTheLedger(SharedDatabase database) throws SQLException {
        return ofTheLedger(database, "n_tup_upd");
    }

    private static long ofTheLedger(SharedDatabase database, String count) throws SQLException {
        return Long.parseLong(
                database.truth(
                                "select "
                                        + count
                                        + " from pg_stat_all_tables"
                                        + " where relid = 'sallyport.ledger'::regclass")
                        .getFirst());
    }
}
