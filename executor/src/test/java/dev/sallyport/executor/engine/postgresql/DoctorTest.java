package dev.sallyport.executor.engine.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions are as PostgreSQL prints them; CLAIM stands for the select of the sealed tenant. */
final class DoctorTest {
    private static final String CLAIM = "( SELECT sallyport.claim('tenant'::text) AS claim)";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(tenant_id = CLAIM)",
                "(tenant_id = sallyport.claim('tenant'::text))",
                "(tenant_id = (sallyport.claim('tenant'::text))::bigint)",
                "(tenant_id = (CLAIM)::uuid)",
                "(tenant_id = ( SELECT (sallyport.claim('tenant'::text))::uuid AS claim))",
                "((tenant_id)::text = CLAIM)",
                "((tenant_id)::text = ((CLAIM)::character varying)::text)",
                "(tenant_id = (CLAIM)::double precision)",
                "(tenant_id = (CLAIM)::timestamp with time zone)",
                "(\"Tenant \"\"id\"\"\" = (CLAIM)::app.\"Tenant's id\")",
                "(tenant_ids = (CLAIM)::text[])",
                "((tenant_id = (CLAIM)::uuid) AND (shared OR (NOT visible)))",
            })
    void theTenantsOwnRowsOnly(String expression) {
        assertThat(sealed(expression)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // a type is a type, and nothing that follows it
                "((tenant_id = (CLAIM)::uuid) OR ((shared IS TRUE) AND visible))",
                "((tenant_id = (CLAIM)::uuid) OR (is_public(id) AND (a = 1)))",
                "((tenant_id = (CLAIM)::uuid) OR shared)",
                "((tenant_id = (CLAIM)::uuid) OR (((kind)::text)::boolean AND is_public(id)))",
                "((tenant_id = (CLAIM)::uuid OR (a)::boolean) AND visible)",
                "(((tenant_id = (CLAIM)::uuid) AND visible) OR (shared AND visible))",
                "(tenant_id = (CLAIM)::text FROM tenants)",
                "((tenant_id = (CLAIM)::uuid) IS NOT TRUE)",
                "((tenant_id = (CLAIM)::uuid) IS DISTINCT FROM true)",
                // the claim is all that the column is compared with
                "(tenant_id = COALESCE((CLAIM)::text, tenant_id))",
                "(tenant_id = app.owner((CLAIM)::uuid))",
                "(tenant_id = ( SELECT (sallyport.claim('tenant'::text))::uuid AS claim FROM t))",
                "(tenant_id = ( SELECT sallyport.claim('tenant'::text) AS claim UNION SELECT x))",
                "(tenant_id = ( SELECT (sallyport.claim('tenant'::text))::text x AND is(a) AS"
                        + " claim))",
                // what is compared with it is a column
                "((tenant_id)::text AND is_public(id) = CLAIM)",
                "((app.owner(tenant_id))::text = CLAIM)",
                "(CURRENT_USER = CLAIM)",
                "((CURRENT_USER)::text = CLAIM)",
                "(true = (CLAIM)::boolean)",
                "(1 = (CLAIM)::integer)",
                // casts that make two tenants one
                "(((tenant_id)::character varying(1))::text = CLAIM)",
                "((tenant_id)::boolean = (CLAIM)::boolean)",
                "((tenant_id)::text = ((CLAIM)::character varying(4))::text)",
                "(tenant_id = (CLAIM)::character(4))",
                "(tenant_id = (CLAIM)::\"char\")",
            })
    void othersRowsToo(String expression) {
        assertThat(sealed(expression)).isFalse();
    }

    private static boolean sealed(String expression) {
        return Doctor.sealed("r", expression.replace("CLAIM", CLAIM), null);
    }
}
