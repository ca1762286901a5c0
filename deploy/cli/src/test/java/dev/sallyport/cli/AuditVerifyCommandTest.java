package dev.sallyport.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.audit.note.Base64Text;
import dev.sallyport.audit.note.Checkpoint;
import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.note.TlogProof;
import dev.sallyport.audit.tree.EntryBundle;
import dev.sallyport.audit.tree.Frontier;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.verify.CallProof;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** 0 verified, 1 altered, 2 nothing can be said. Case G8. */
class AuditVerifyCommandTest {
    private static final NoteSigner SIGNER = signer("audit.test/log");
    private static final NoteSigner OTHER = signer("audit.test/log");
    private static final String CALL = "01a201ba-2990-7746-bbf6-f21a758000a4";
    private static final int SUCCEEDED = 0;
    private static final int ALTERED = 1;
    private static final int UNREADABLE = 2;

    @TempDir Path folder;

    private static NoteSigner signer(String name) {
        return NoteSigner.parse(NoteSigner.generate(name, new SecureRandom()));
    }

    /** A log of two entries, and the proof of a call that both are of. */
    @BeforeEach
    void write() throws IOException {
        List<byte[]> entries = List.of(event("one"), event("two"));
        List<Hash> hashes = entries.stream().map(Hash::ofLeaf).toList();
        var tree = Frontier.EMPTY.grow(hashes).frontier().head();
        String origin = SIGNER.verifier().name() + "/acme";
        String note = SIGNER.named(origin).sign(new Checkpoint(origin, tree).text());
        put("log/checkpoint", note.getBytes(UTF_8));
        put("log/tile/0/000.p/2", Hash.join(hashes));
        put("log/tile/entries/000.p/2", EntryBundle.write(entries));
        List<CallProof.ProvedEntry> proved = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            var proof = new TlogProof(i, List.of(hashes.get(1 - i)), note);
            proved.add(new CallProof.ProvedEntry(Base64Text.write(entries.get(i)), proof.text()));
        }
        put("proof.json", new CallProof(CALL, proved).json());
        put(
                "swapped.json",
                new CallProof(
                                CALL,
                                List.of(
                                        new CallProof.ProvedEntry(
                                                proved.get(0).entry(), proved.get(1).proof()),
                                        new CallProof.ProvedEntry(
                                                proved.get(1).entry(), proved.get(0).proof())))
                        .json());
        put("other-call.json", new CallProof("succeeded", proved).json());
        put("empty", new byte[0]);
        put("twice.json", (read("proof.json") + read("proof.json")).getBytes(UTF_8));
        put("null.json", "null".getBytes(UTF_8));
        put(
                "further.json",
                read("proof.json").replace("{\"format", "{\"x\":1,\"format").getBytes(UTF_8));
        put("renamed.json", read("proof.json").replace("\"proof\":", "\"prove\":").getBytes(UTF_8));
        put("altered/checkpoint", note.getBytes(UTF_8));
        put("altered/tile/0/000.p/2", Hash.join(hashes));
        put(
                "altered/tile/entries/000.p/2",
                EntryBundle.write(List.of(event("one"), event("three"))));
    }

    private static byte[] event(String id) {
        return "{\"id\":\"%s\",\"type\":\"dev.sallyport.Test\",\"time\":\"2026-11-27T10:00:00Z\",\"data\":{\"call\":\"%s\",\"code\":\"succeeded\"}}"
                .formatted(id, CALL)
                .getBytes(UTF_8);
    }

    private void put(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    private String read(String name) throws IOException {
        return Files.readString(folder.resolve(name));
    }

    @ParameterizedTest
    @CsvSource({
        "--dir log --vkey KEY, 0, 2 entries",
        "--dir log --vkey LOGS-KEY, 0, 2 entries",
        "--dir log --vkey KEY --kept log/checkpoint, 0, 2 entries",
        "--proof proof.json --vkey KEY, 0, 01a201ba",
        // something was altered
        "--dir altered --vkey KEY, 1, entry 1",
        "--dir log --vkey OTHER, 1, that is not the log's key",
        "--proof swapped.json --vkey KEY, 1, entry 0",
        "--proof other-call.json --vkey KEY, 1, no event of the call succeeded",
        "--proof proof.json --vkey OTHER, 1, that is not the log's key",
        // nothing can be said
        "--dir nowhere --vkey KEY, 2, no checkpoint",
        "--dir proof.json --vkey KEY, 2, cannot be read",
        "--proof nowhere.json --vkey KEY, 2, cannot be read",
        "--proof log --vkey KEY, 2, cannot be read",
        "--proof empty --vkey KEY, 2, ''",
        "--proof null.json --vkey KEY, 2, ''",
        "--proof twice.json --vkey KEY, 2, no JSON document",
        "--proof further.json --vkey KEY, 2, exactly the fields",
        "--proof renamed.json --vkey KEY, 2, exactly the fields",
        "--url http://127.0.0.1:1/log/acme --vkey KEY, 2, cannot be read",
        "--url mailto:acme --vkey KEY, 2, ''",
        "--url acme --vkey KEY, 2, ''",
        "--config nowhere.yaml, 2, nowhere.yaml",
        "--dir log --vkey KEY --kept nowhere, 2, cannot be read",
        "--dir log --vkey KEY --kept empty, 2, of no use",
        // a command line that makes no sense, or of which something would have no effect
        "--dir log, 2, key_missing",
        "--dir log --vkey nonsense, 2, key_malformed",
        "--dir log --vkey, 2, ''",
        "--dir log --proof proof.json --vkey KEY, 2, ''",
        "--vkey KEY, 2, ''",
        "--dir log --vkey KEY --kepd log/checkpoint, 2, Unknown option",
        "--dir log --vkey KEY further, 2, Unmatched argument",
        "--proof proof.json --vkey KEY --kept log/checkpoint, 2, option_unfit",
        "--proof proof.json --vkey KEY --token x, 2, option_unfit",
        "--dir log --vkey KEY --token x, 2, option_unfit",
        "--config nowhere.yaml --kept log/checkpoint, 2, option_unfit",
        "--config nowhere.yaml --vkey KEY, 2, option_unfit",
    })
    void theExitCodeTellsAlteredFromUnreadable(String options, int exitCode, String said) {
        Said result = run(options.split(" ", -1));

        assertThat(result.exitCode()).as(result.text()).isEqualTo(exitCode);
        assertThat(result.text()).contains(said);
        assertThat(result.text().startsWith("verified:")).isEqualTo(exitCode == SUCCEEDED);
        assertThat(result.text().startsWith("ALTERED:")).isEqualTo(exitCode == ALTERED);
        assertThat(result.text()).doesNotContain("\tat ");
    }

    @Test
    void aFileThatMayNotBeReadIsUnreadable() throws IOException {
        Path tile = folder.resolve("log/tile/entries/000.p/2");
        Files.delete(tile);
        Files.createDirectory(tile);

        assertThat(run("--dir", "log", "--vkey", "KEY").exitCode()).isEqualTo(UNREADABLE);
    }

    private record Said(int exitCode, String text) {}

    private Said run(String... options) {
        List<String> arguments = new ArrayList<>(List.of("audit", "verify"));
        Arrays.stream(options).map(this::resolved).forEach(arguments::add);
        var output = new ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(output, true, UTF_8));
        try {
            var line = Main.commandLine();
            line.setErr(new PrintWriter(output, true, UTF_8));
            int exitCode = line.execute(arguments.toArray(new String[0]));
            return new Said(exitCode, output.toString(UTF_8));
        } finally {
            System.setOut(before);
        }
    }

    private String resolved(String word) {
        return switch (word) {
            case "KEY" -> SIGNER.verifier().toString();
            case "LOGS-KEY" ->
                    SIGNER.verifier().named(SIGNER.verifier().name() + "/acme").toString();
            case "OTHER" -> OTHER.verifier().toString();
            case "x", "nonsense", "further" -> word;
            default ->
                    word.startsWith("--") || word.contains(":") || word.equals("acme")
                            ? word
                            : folder.resolve(word).toString();
        };
    }
}
