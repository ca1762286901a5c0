package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.audit.verify.AuditVerifier;
import dev.sallyport.audit.verify.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AuditServiceIT {
    @Test
    void aCallIsLoggedFoundAndProved() throws Exception {
        try (var fixture = new AuditFixture();
                var service = fixture.start();
                var database = fixture.open()) {
            var tenant = fixture.tenant();
            var token = Optional.of(fixture.token(tenant, "audit:read"));
            var call =
                    fixture.settle(
                            tenant, "alice", "db_query", "select * from customers where id = ?");
            // the registration is an event too
            fixture.awaitPublished(database.jdbi(), tenant, 2);

            var found = fixture.get(service, "/api/v1/entries?text=custom", token);
            assertThat(found.statusCode()).as(found.body()).isEqualTo(200);
            assertThat(found.body()).contains(call.toString(), "\"stage\":\"published\"", "alice");

            var proof = fixture.get(service, "/api/v1/calls/" + call, token);
            assertThat(proof.statusCode()).as(proof.body()).isEqualTo(200);
            assertThat(
                            new AuditVerifier(service.key())
                                    .proof(proof.body().getBytes(StandardCharsets.UTF_8)))
                    .isInstanceOf(Verdict.Proved.class);
            assertThat(fixture.verify(service, tenant)).isInstanceOf(Verdict.Verified.class);
        }
    }
}
