package dev.sallyport.executor.engine.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.executor.failure.ExecutorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DatabaseUrlTest {
    @Test
    void whatLeavesTheMachineIsEncryptedAndVerified() {
        assertThat(DatabaseUrl.checked("jdbc:postgresql://db.example:5432/shop", false))
                .isEqualTo("jdbc:postgresql://db.example:5432/shop?sslmode=verify-full");
        assertThat(
                        DatabaseUrl.checked(
                                "jdbc:postgresql://db.example/shop?sslrootcert=/ca.pem", false))
                .endsWith("?sslrootcert=/ca.pem&sslmode=verify-full");
        assertThat(DatabaseUrl.checked("jdbc:postgresql://db.example/shop?sslmode=require", false))
                .endsWith("?sslmode=require");
    }

    @Test
    void thisMachineMayBeReachedPlainly() {
        for (String host : new String[] {"localhost", "127.0.0.1:5432", "[::1]:5432"}) {
            String url = "jdbc:postgresql://" + host + "/shop";
            assertThat(DatabaseUrl.checked(url, false)).isEqualTo(url);
        }
        assertThat(DatabaseUrl.checked("jdbc:postgresql://db.example/shop", true))
                .isEqualTo("jdbc:postgresql://db.example/shop");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://db.example/shop?sslmode=disable",
                "jdbc:postgresql://db.example/shop?sslmode=prefer",
                "jdbc:postgresql://localhost,db.example/shop?sslmode=disable",
                "jdbc:postgresql://localhost/shop?prepareThreshold=1",
                "jdbc:postgresql://localhost/shop?preferQueryMode=simple",
                "jdbc:postgresql://localhost/shop?sslmode=require&sslmode=disable",
                "jdbc:postgresql://localhost/shop?options=-c%20row_security=off",
                "jdbc:postgresql://localhost/shop?socketFactory=x",
                "jdbc:postgresql:shop"
            })
    void aUrlThatWeakensTheSealIsRefused(String url) {
        assertThatThrownBy(() -> DatabaseUrl.checked(url, false))
                .isInstanceOf(ExecutorException.class)
                .hasMessageContaining("jdbcUrl");
    }
}
