package dev.sallyport.audit.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.audit.note.Base64Text;
import dev.sallyport.audit.note.Checkpoint;
import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.note.TlogProof;
import dev.sallyport.audit.tree.EntryBundle;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TilePath;
import dev.sallyport.audit.tree.TiledTree;
import dev.sallyport.audit.tree.TreeHead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditVerifierTest {
    private final AuditVerifier verifier = new AuditVerifier(PublishedLog.SIGNER.verifier());

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 255, 256, 257, 511, 512, 513, 700, 65_537})
    void anUntouchedLogIsVerified(int size) {
        var log = PublishedLog.of(size);

        var verdict = verifier.log(log);

        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Verdict.Verified.class,
                        verified -> {
                            assertThat(verified.tree().size()).isEqualTo(size);
                            assertThat(verified.origin()).isEqualTo("audit.test/log/acme");
                            assertThat(verified.checkpoint().getBytes(StandardCharsets.UTF_8))
                                    .isEqualTo(log.file("checkpoint"));
                        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 258})
    void everyChangedByteOfEveryArtefactOfASmallLogIsFoundAndNamed(int size) {
        var log = PublishedLog.of(size);
        log.files()
                .forEach((path, bytes) -> {
                    // of the larger log the full tile and bundle are sampled: they are the subject
                    // of the next test
                    int step = bytes.length > 4_000 ? 61 : 1;
                    for (int at = 0; at < bytes.length; at += step) {
                        assertThatTheChangeIsNamed(log, path, at, (byte) 1);
                    }
                });
    }

    @Test
    void changedBytesOfALargerLogAreFoundAndNamed() {
        var log = PublishedLog.of(66_000);
        var paths = List.copyOf(log.files().keySet());
        var random = new Random(7);
        for (int round = 0; round < 60; round++) {
            // every level has its turn, though nearly all tiles are of level 0
            String path =
                    switch (round % 4) {
                        case 0 -> "tile/1/001.p/1";
                        case 1 -> "tile/1/000";
                        default -> paths.get(random.nextInt(paths.size()));
                    };
            assertThatTheChangeIsNamed(
                    log,
                    path,
                    random.nextInt(log.file(path).length),
                    (byte) (1 << random.nextInt(8)));
        }
        assertThatTheChangeIsNamed(log, "tile/2/000.p/1", 3, (byte) 1);
    }

    private void assertThatTheChangeIsNamed(PublishedLog log, String path, int at, byte bits) {
        byte[] changed = log.file(path).clone();
        changed[at] ^= bits;

        var verdict = verifier.log(log.with(path, changed));

        assertThat(verdict).as("%s, byte %d", path, at).isInstanceOf(Verdict.Tampered.class);
        var findings = ((Verdict.Tampered) verdict).findings();
        if (path.equals("checkpoint")) {
            assertThat(findings).hasSize(1).first().isInstanceOf(Finding.CheckpointAltered.class);
        } else if (path.startsWith("tile/entries")) {
            assertThat(findings)
                    .as("%s, byte %d", path, at)
                    .first()
                    .isInstanceOfSatisfying(
                            Finding.EntryAltered.class,
                            entry -> {
                                assertThat(entry.bundle()).isEqualTo(path);
                                assertThat(entry.index())
                                        .isEqualTo(
                                                entryAt(log.file(path), at) + indexOf(path) * 256);
                            });
        } else {
            assertThat(findings)
                    .as("%s, byte %d", path, at)
                    .singleElement()
                    .isInstanceOfSatisfying(
                            Finding.TileAltered.class,
                            tile -> assertThat(tile.path()).isEqualTo(path));
        }
    }

    private static long indexOf(String path) {
        return TilePath.parse(path).orElseThrow().index();
    }

    /**
     * The place, within its bundle, of the entry to which the byte at an offset belongs (its length
     * prefix included).
     */
    private static int entryAt(byte[] bundle, int offset) {
        int end = 0;
        var entries = EntryBundle.read(bundle).entries();
        for (int i = 0; i < entries.size(); i++) {
            end += 2 + entries.get(i).length;
            if (offset < end) {
                return i;
            }
        }
        throw new IllegalArgumentException("no entry at " + offset);
    }

    @Test
    void anAlteredEntryIsNamedWithItsEventId() {
        var log = PublishedLog.of(300);
        var entries = new ArrayList<byte[]>();
        for (int i = 256; i < 300; i++) {
            entries.add(PublishedLog.entry(i));
        }
        entries.set(
                7, "{\"id\":\"event-263\",\"data\":{\"n\":0}}".getBytes(StandardCharsets.UTF_8));

        var verdict = verifier.log(log.with("tile/entries/001.p/44", EntryBundle.write(entries)));

        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Verdict.Tampered.class,
                        tampered ->
                                assertThat(tampered.findings())
                                        .singleElement()
                                        .satisfies(finding ->
                                                assertThat(finding.sentence())
                                                        .contains(
                                                                "entry 263",
                                                                "event-263",
                                                                "tile/entries/001.p/44")));
    }

    @Test
    void aMissingArtefactIsTampering() {
        var log = PublishedLog.of(600);
        for (String path : log.files().keySet()) {
            if (!path.equals("checkpoint")) {
                assertThat(verifier.log(log.without(path)))
                        .as(path)
                        .isInstanceOfSatisfying(
                                Verdict.Tampered.class,
                                tampered ->
                                        assertThat(tampered.findings())
                                                .singleElement()
                                                .satisfies(finding ->
                                                        assertThat(finding.sentence())
                                                                .contains(path, "missing")));
            }
        }
    }

    @Test
    void anEntryAndItsTilesAlteredAlikeAreFound() {
        var entries = new ArrayList<byte[]>();
        for (int i = 0; i < 600; i++) {
            entries.add(PublishedLog.entry(i));
        }
        entries.set(100, PublishedLog.entry(4711));
        var forged = PublishedLog.of(entries);
        var log = PublishedLog.of(600);
        // everything forged but the checkpoint
        var rewritten = forged.with("checkpoint", log.file("checkpoint"));
        // everything forged but the tiles above level 0
        var half = rewritten.with("tile/1/000.p/2", log.file("tile/1/000.p/2"));

        assertThat(verifier.log(rewritten))
                .isInstanceOfSatisfying(
                        Verdict.Tampered.class,
                        tampered ->
                                assertThat(tampered.findings())
                                        .singleElement()
                                        .isInstanceOf(Finding.CheckpointAltered.class));
        assertThat(verifier.log(half))
                .isInstanceOfSatisfying(
                        Verdict.Tampered.class,
                        tampered ->
                                assertThat(tampered.findings())
                                        .singleElement()
                                        .satisfies(finding ->
                                                assertThat(finding.sentence())
                                                        .contains("tile/0/000", "altered alike")));
    }

    @Test
    void aTileAndAnEntryAlteredAtOnceAreBothNamed() {
        var log = PublishedLog.of(700);
        byte[] tile = log.file("tile/0/001").clone();
        tile[40] ^= 1;
        byte[] bundle = log.file("tile/entries/000").clone();
        bundle[30] ^= 1;

        assertThat(verifier.log(log.with("tile/0/001", tile).with("tile/entries/000", bundle)))
                .isInstanceOfSatisfying(
                        Verdict.Tampered.class,
                        tampered ->
                                assertThat(tampered.findings().stream().map(Finding::sentence))
                                        .hasSize(2)
                                        .anyMatch(sentence -> sentence.contains("entry 0 "))
                                        .anyMatch(sentence -> sentence.contains("tile/0/001")));
    }

    @Test
    void anotherLogsCheckpointOrKeyIsRefused() {
        var log = PublishedLog.of(3);
        var foreign = NoteSigner.parse(NoteSigner.generate("audit.test/log", new SecureRandom()));
        var other = new Checkpoint("audit.test/log/globex", TreeHead.EMPTY);

        assertThat(new AuditVerifier(foreign.verifier()).log(log))
                .isInstanceOf(Verdict.Tampered.class);
        assertThat(
                        new AuditVerifier(
                                        PublishedLog.SIGNER.verifier().named("audit.test/log/acme"))
                                .log(log.with("checkpoint", PublishedLog.sign(other))))
                .isInstanceOfSatisfying(
                        Verdict.Tampered.class,
                        tampered ->
                                assertThat(tampered.findings().getFirst().sentence())
                                        .contains("globex", "acme"));
    }

    @Test
    void aPlaceWithoutALogIsUnreadable(@TempDir Path folder) {
        assertThat(verifier.log(folder)).isInstanceOf(Verdict.Unreadable.class);
        assertThat(verifier.proof(folder.resolve("no.json")))
                .isInstanceOf(Verdict.Unreadable.class);
    }

    @Test
    void aCopyInAFolderVerifiesLikeTheLog(@TempDir Path folder) throws IOException {
        assertThat(LogCopy.copy(PublishedLog.of(513), folder)).isEqualTo(513);

        assertThat(verifier.log(folder)).isInstanceOf(Verdict.Verified.class);

        Files.writeString(folder.resolve("tile/entries/002.p/1"), "x");
        assertThat(verifier.log(folder)).isInstanceOf(Verdict.Tampered.class);
    }

    @Test
    void aLogMustContinueACheckpointThatWasKept(@TempDir Path folder) throws IOException {
        Path kept = folder.resolve("kept");
        Files.write(kept, PublishedLog.of(300).file("checkpoint"));
        Path grown = folder.resolve("grown");
        LogCopy.copy(PublishedLog.of(700), grown);
        Path shrunk = folder.resolve("shrunk");
        LogCopy.copy(PublishedLog.of(299), shrunk);
        // sound in itself and signed by the right key, but with another past
        var entries = new ArrayList<byte[]>();
        for (int i = 0; i < 700; i++) {
            entries.add(PublishedLog.entry(i == 5 ? 4711 : i));
        }
        Path rewritten = folder.resolve("rewritten");
        LogCopy.copy(PublishedLog.of(entries), rewritten);

        assertThat(verifier.log(grown, Optional.of(kept))).isInstanceOf(Verdict.Verified.class);
        assertThat(verifier.log(rewritten)).isInstanceOf(Verdict.Verified.class);
        for (Path altered : List.of(rewritten, shrunk)) {
            assertThat(verifier.log(altered, Optional.of(kept)))
                    .isInstanceOfSatisfying(
                            Verdict.Tampered.class,
                            tampered ->
                                    assertThat(tampered.findings().getFirst().sentence())
                                            .contains("kept checkpoint"));
        }
        assertThat(verifier.log(grown, Optional.of(folder.resolve("missing"))))
                .isInstanceOf(Verdict.Unreadable.class);
    }

    @Test
    void theProofOfACallVerifiesAndEveryChangedByteOfItIsFound() {
        byte[] json = proof().json();

        assertThat(verifier.proof(json))
                .isInstanceOfSatisfying(
                        Verdict.Proved.class,
                        proved -> {
                            assertThat(proved.call()).hasValue("call-3");
                            assertThat(proved.events())
                                    .containsExactly(
                                            new Verdict.ProvedEvent(
                                                    3,
                                                    "dev.sallyport.Test",
                                                    "2026-11-27T10:00:00Z"),
                                            new Verdict.ProvedEvent(
                                                    17,
                                                    "dev.sallyport.Test",
                                                    "2026-11-27T10:00:00Z"));
                            assertThat(proved.tree().size()).isEqualTo(20);
                        });
        for (int at = 0; at < json.length; at++) {
            byte[] changed = json.clone();
            changed[at] ^= 1;
            assertThat(verifier.proof(changed))
                    .as("byte %d: %s", at, (char) json[at])
                    .isNotInstanceOf(Verdict.Proved.class);
        }
    }

    /** Each of these stands somewhere in the events, but not as their call. */
    @ParameterizedTest // case G2
    @ValueSource(strings = {"another", "data", "call", "mallory", "event-3", "1.0", "", "CALL-3"})
    void aProofForAnotherCallIsFound(String other) {
        var proof = new CallProof(other, proof().entries());

        assertThat(verifier.proof(proof.json()))
                .isInstanceOfSatisfying(
                        Verdict.Tampered.class,
                        tampered ->
                                assertThat(tampered.findings().getFirst().sentence())
                                        .contains("no event of the call " + other));
    }

    @Test // case G2
    void eventsOfSeveralCallsAreNoProofOfOne() {
        var entries = new ArrayList<>(proof().entries());
        entries.add(proved(4));

        assertThat(verifier.proof(new CallProof("call-3", entries).json()))
                .isInstanceOf(Verdict.Tampered.class);
    }

    @Test
    void anEntryThatStandsTwiceIsFound() {
        var twice = new CallProof("call-3", List.of(proved(3), proved(3)));

        assertThat(verifier.proof(twice.json())).isInstanceOf(Verdict.Tampered.class);
    }

    @Test // case G11
    void theProofOfAnEntryVerifiesAndEveryChangedByteOfItIsFound() {
        byte[] json = new EntryProof(proved(17)).json();

        assertThat(verifier.proof(json))
                .isInstanceOfSatisfying(
                        Verdict.Proved.class,
                        proved -> {
                            assertThat(proved.call()).isEmpty();
                            assertThat(proved.events())
                                    .extracting(Verdict.ProvedEvent::index)
                                    .containsExactly(17L);
                        });
        for (int i = 0; i < json.length; i++) {
            byte[] changed = json.clone();
            changed[i] ^= 1;
            assertThat(verifier.proof(changed))
                    .as("byte %d", i)
                    .isNotInstanceOf(Verdict.Proved.class);
        }
    }

    private static CallProof proof() {
        return new CallProof("call-3", List.of(proved(3), proved(17)));
    }

    private static CallProof.ProvedEntry proved(int index) {
        var log = PublishedLog.of(20);
        var tree = new TiledTree(20, path -> Hash.split(log.file(path.path())));
        String checkpoint = new String(log.file("checkpoint"), StandardCharsets.UTF_8);
        var proof = new TlogProof(index, tree.inclusion(index).path(), checkpoint);
        return new CallProof.ProvedEntry(Base64Text.write(PublishedLog.entry(index)), proof.text());
    }
}
