package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What an operator writes into the registry, on a real broker. */
final class RegistryCommandIT {
    private static final String DATABASE =
            """
            database/omega/gis:
              tenant: omega
              name: gis
              kind: postgresql
              jdbcUrl: jdbc:postgresql://db.omega.example/gis
              user: omega_agent
              password: env:OMEGA_PASSWORD
              sealKey: env:OMEGA_KEY
              connectionsMax: 4
              readOnly: true
              limits: {rowsMax: 1000, bytesMax: 1048576, timeoutMillis: 10000}
              statements:
                oneTenant: false
                xml: false
                cardNumbers: false
                functions: [st_area, st_within]
            """;

    private static final String TENANT =
            """
            tenant/omega:
              id: omega
              name: Omega
              cell: main
              issuers: []
              readOnly: false
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @BeforeAll
    static void makeTopics() {
        KafkaSettings kafka = new KafkaSettings(TestServers.kafka().bootstrapServers(), Map.of());
        try (Admin admin = Admin.create(kafka.client("test"))) {
            Topics.createMissing(admin, Set.of(new CellId("main")), 2, (short) 1);
        }
    }

    private record Ended(int code, String out, String err) {}

    private static Ended registry(String... arguments) {
        List<String> all = new ArrayList<>(List.of("registry"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--kafka", TestServers.kafka().bootstrapServers()));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return new Ended(line.execute(all.toArray(String[]::new)), out.toString(), err.toString());
    }

    private Ended put(String yaml) throws Exception {
        Path file = folder.resolve("entries.yaml");
        Files.writeString(file, yaml);
        return registry("put", file.toString());
    }

    @Test
    void whatIsListedCanBePutAndRemoved() throws Exception {
        assertThat(put(TENANT + DATABASE).err()).isEmpty();

        Ended listed = registry("list", "--tenant", "omega");
        assertThat(listed.out())
                .contains("tenant/omega", "database/omega/gis", "st_area", "readOnly: true");

        Ended again = put(listed.out().replace("readOnly: true", "readOnly: false"));
        assertThat(again.code()).isZero();
        assertThat(registry("list", "--tenant", "omega").out()).doesNotContain("readOnly: true");

        assertThat(registry("remove", "database/omega/gis").code()).isZero();
        assertThat(registry("list", "--tenant", "omega").out()).doesNotContain("gis");
        assertThat(registry("remove", "database/omega/gis").err())
                .contains("registry_entry_unknown");
    }

    @Test
    void theManualsExampleIsTaken() throws Exception {
        String manual = Files.readString(manual());
        int from = manual.indexOf("```yaml") + "```yaml\n".length();
        Ended put = put(manual.substring(from, manual.indexOf("```", from)));
        assertThat(put.err()).isEmpty();
        assertThat(put.out()).contains("put database/acme/gis", "put grant/acme/analysts");
    }

    private static Path manual() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/operations.md"))) {
            folder = Objects.requireNonNull(folder.getParent());
        }
        return folder.resolve("docs/operations.md");
    }

    @Test
    void aGatewaysKeyIsListedAndRemoved() throws Exception {
        String key =
                """
                key/g-9:
                  gateway: g-9
                  publicKey: %s
                """
                        .formatted(
                                Base64.getEncoder()
                                        .encodeToString(
                                                KeyPairGenerator.getInstance("Ed25519")
                                                        .generateKeyPair()
                                                        .getPublic()
                                                        .getEncoded()));
        assertThat(put(key).err()).isEmpty();
        assertThat(registry("list").out()).contains("key/g-9");
        assertThat(registry("remove", "key/g-9").code()).isZero();
        assertThat(registry("list").out()).doesNotContain("key/g-9");
    }

    @Test
    void aMisspeltOrMissingMemberChangesNothing() throws Exception {
        Ended misspelt = put(DATABASE.replace("readOnly", "readonly").replace("omega", "psi"));
        assertThat(misspelt.code()).isEqualTo(1);
        assertThat(misspelt.err()).contains("registry_malformed", "database/psi/gis", "readonly");

        Ended missing = put(DATABASE.replace("  readOnly: true\n", "").replace("omega", "psi"));
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.err()).contains("registry_malformed", "readOnly");

        Ended function = put(DATABASE.replace("st_area", "ST_Area()").replace("omega", "psi"));
        assertThat(function.err()).contains("statements", "functions must be name or schema.name");

        Ended otherKey = put(DATABASE.replace("database/omega", "database/psi"));
        assertThat(otherKey.err()).contains("database/psi/gis", "database/omega/gis");

        assertThat(put("suspension/psi/x: {}").code()).isEqualTo(1);
        assertThat(registry("remove", "grant/").err()).contains("registry_entry_refused: grant/");
        assertThat(registry("list", "--tenant", "No Tenant").code()).isEqualTo(2);
        assertThat(put("- a list").err()).contains("registry_malformed");
        assertThat(registry("list", "--tenant", "psi").out()).doesNotContain("psi");
    }
}
