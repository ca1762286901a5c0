package dev.sallyport.audit.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TreeTest {
    private static final int SMALL = 40;

    @Test
    void everyWayOfGrowingGivesTheRootOfTheDefinition() {
        for (int size = 0; size <= SMALL; size++) {
            var reference = ReferenceTree.ofSize(size);
            for (int cut = 0; cut <= size; cut++) {
                var grown =
                        Frontier.EMPTY
                                .grow(reference.leaves().subList(0, cut))
                                .frontier()
                                .grow(reference.leaves().subList(cut, size))
                                .frontier();

                assertThat(grown.root()).isEqualTo(reference.root());
                assertThat(grown.size()).isEqualTo(size);
            }
        }
    }

    @Test
    void everyInclusionProofOfEverySmallTreeIsTheOneOfTheDefinitionAndProves() {
        for (int size = 1; size <= SMALL; size++) {
            var reference = ReferenceTree.ofSize(size);
            var tree = tiled(reference);
            for (int index = 0; index < size; index++) {
                var proof = tree.inclusion(index);

                assertThat(proof.path()).isEqualTo(reference.path(index));
                for (int other = 0; other < size; other++) {
                    assertThat(proof.proves(reference.leaves().get(other), reference.root()))
                            .isEqualTo(other == index);
                }
            }
        }
    }

    @Test
    void everyConsistencyProofOfEverySmallTreeIsTheOneOfTheDefinitionAndProves() {
        for (int size = 0; size <= SMALL; size++) {
            var reference = ReferenceTree.ofSize(size);
            var tree = tiled(reference);
            for (int smaller = 0; smaller <= size; smaller++) {
                var proof = tree.consistency(smaller);
                var smallerRoot = ReferenceTree.ofSize(smaller).root();

                assertThat(proof.path()).isEqualTo(reference.proof(smaller));
                assertThat(proof.proves(smallerRoot, reference.root())).isTrue();
                assertThat(proof.proves(Hash.ofLeaf(new byte[] {1}), reference.root())).isFalse();
                // nothing can contradict the empty tree
                assertThat(proof.proves(smallerRoot, Hash.ofLeaf(new byte[] {1})))
                        .isEqualTo(smaller == 0 && size > 0);
            }
        }
    }

    @Test
    void aProofWithAnyHashChangedLeftOutOrAddedProvesNothing() {
        var reference = ReferenceTree.ofSize(23);
        var tree = tiled(reference);
        var wrong = Hash.ofLeaf(new byte[] {1});
        for (int index = 0; index < 23; index++) {
            var path = tree.inclusion(index).path();
            var leaf = reference.leaves().get(index);
            for (int at = 0; at < path.size(); at++) {
                var changed = new ArrayList<>(path);
                changed.set(at, wrong);
                var shorter = new ArrayList<>(path);
                shorter.remove(at);
                var longer = new ArrayList<>(path);
                longer.add(at, wrong);

                for (var forged : List.of(changed, shorter, longer)) {
                    assertThat(new InclusionProof(index, 23, forged).proves(leaf, reference.root()))
                            .isFalse();
                }
            }
        }
        for (int smaller = 1; smaller < 23; smaller++) {
            var path = tree.consistency(smaller).path();
            var smallerRoot = ReferenceTree.ofSize(smaller).root();
            for (int at = 0; at < path.size(); at++) {
                var changed = new ArrayList<>(path);
                changed.set(at, wrong);
                var shorter = new ArrayList<>(path);
                shorter.remove(at);

                assertThat(
                                new ConsistencyProof(smaller, 23, changed)
                                        .proves(smallerRoot, reference.root()))
                        .isFalse();
                assertThat(
                                new ConsistencyProof(smaller, 23, shorter)
                                        .proves(smallerRoot, reference.root()))
                        .isFalse();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_537, 66_000})
    void treesOfSeveralTileLevelsProveLikeTheDefinition(int size) {
        var reference = ReferenceTree.ofSize(size);
        var tree = tiled(reference);
        var random = new Random(size);

        assertThat(tree.root()).isEqualTo(reference.root());
        for (int round = 0; round < 5; round++) {
            int index = round == 0 ? size - 1 : random.nextInt(size);
            assertThat(tree.inclusion(index).path()).isEqualTo(reference.path(index));
            assertThat(
                            tree.inclusion(index)
                                    .proves(reference.leaves().get(index), reference.root()))
                    .isTrue();
            assertThat(tree.consistency(index).path()).isEqualTo(reference.proof(index));
        }
    }

    @Test
    void theTilesAreThoseOfTheSpecification() {
        var paths = TilePath.hashesOf(70_000).toList();

        // the example of tlog-tiles: 273 full level 0 tiles and one of width 112, a full level 1
        // tile and one of width 17, ...
        assertThat(paths.stream().filter(tile -> tile.level() == 0 && tile.width() == 256))
                .hasSize(273);
        assertThat(paths)
                .contains(
                        new TilePath.Hashes(0, 273, 112),
                        new TilePath.Hashes(1, 0, 256),
                        new TilePath.Hashes(1, 1, 17),
                        new TilePath.Hashes(2, 0, 1))
                .hasSize(273 + 1 + 2 + 1);
        assertThat(TilePath.hashesOf(256))
                .containsExactly(new TilePath.Hashes(0, 0, 256), new TilePath.Hashes(1, 0, 1));
        assertThat(TilePath.entriesOf(257))
                .containsExactly(new TilePath.Entries(0, 256), new TilePath.Entries(1, 1));
        assertThat(TilePath.hashesOf(0)).isEmpty();
    }

    @Test
    void pathsAreWrittenInGroupsOfThreeDigits() {
        assertThat(new TilePath.Hashes(0, 1_234_067, 256).path()).isEqualTo("tile/0/x001/x234/067");
        assertThat(new TilePath.Hashes(2, 5, 17).path()).isEqualTo("tile/2/005.p/17");
        assertThat(new TilePath.Entries(1_000, 256).path()).isEqualTo("tile/entries/x001/000");
    }

    @Test
    void everyPathIsReadAsItWasWritten() {
        for (long index :
                new long[] {0, 1, 999, 1_000, 999_999, 1_000_000, 1_234_067, 999_999_999_999L}) {
            for (int width : new int[] {1, 17, 255, 256}) {
                assertThat(TilePath.parse(new TilePath.Entries(index, width).path()))
                        .isEqualTo(Optional.of(new TilePath.Entries(index, width)));
                assertThat(TilePath.parse(new TilePath.Hashes(63, index, width).path()))
                        .isEqualTo(Optional.of(new TilePath.Hashes(63, index, width)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "tile/0/0",
                "tile/0/0000",
                "tile/00/000",
                "tile/64/000",
                "tile/0/x000/001",
                "tile/0/001/234",
                "tile/0/000.p/0",
                "tile/0/000.p/256",
                "tile/0/000.p/01",
                "tile/-1/000",
                "tile/entries/000/",
                "/tile/0/000",
                "tile/0/000.p/1/..",
                "tile/0/x999/x999/x999/x999/x999/x999/999",
                "tile/data/000",
                "tile/0/000.p/999"
            })
    void anyOtherSpellingIsNoPath(String path) {
        assertThat(TilePath.parse(path)).isEmpty();
    }

    @Test
    void bundlesAreReadAsTheyWereWritten() {
        var entries =
                List.of(new byte[0], new byte[] {1, 2, 3}, new byte[EntryBundle.ENTRY_BYTES_MAX]);

        var contents = EntryBundle.read(EntryBundle.write(entries));

        assertThat(contents.clean()).isTrue();
        assertThat(contents.entries()).containsExactlyElementsOf(entries);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EntryBundle.write(List.of(new byte[65_536])));
    }

    @Test
    void aTruncatedBundleIsNotClean() {
        byte[] bundle = EntryBundle.write(List.of(new byte[] {1, 2, 3}, new byte[] {4}));

        assertThat(EntryBundle.read(Arrays.copyOf(bundle, bundle.length - 1)).clean()).isFalse();
        assertThat(EntryBundle.read(Arrays.copyOf(bundle, bundle.length + 1)).clean()).isFalse();
    }

    /** The reference tree cut into the tiles that growing it yields. */
    private static TiledTree tiled(ReferenceTree reference) {
        var growth = Frontier.EMPTY.grow(reference.leaves());
        Map<TilePath.Hashes, List<Hash>> tiles = new HashMap<>();
        growth.full().forEach(tile -> tiles.put(tile.path(), tile.hashes()));
        TilePath.hashesOf(reference.leaves().size())
                .filter(path -> path.width() < TilePath.WIDTH_MAX)
                .forEach(path -> tiles.put(path, growth.frontier().partials().get(path.level())));
        return new TiledTree(
                reference.leaves().size(),
                path -> Optional.ofNullable(tiles.get(path)).orElseThrow());
    }
}
