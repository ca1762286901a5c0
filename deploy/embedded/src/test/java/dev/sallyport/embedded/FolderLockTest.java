package dev.sallyport.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FolderLockTest {

    @Test
    void aFolderIsTakenOnceAlsoByAnotherName(@TempDir Path root) throws Exception {
        Path folder = root.resolve("data");
        Path link = Files.createSymbolicLink(root.resolve("link"), folder);
        try (FolderLock lock = FolderLock.take(folder)) {
            assertThat(lock.folder()).isEqualTo(folder.toRealPath());
            assertThatThrownBy(() -> FolderLock.take(link))
                    .isInstanceOfSatisfying(
                            EmbeddedException.class,
                            e ->
                                    assertThat(e.code())
                                            .isEqualTo(EmbeddedException.Code.FOLDER_IN_USE))
                    .hasMessageContaining("pid " + ProcessHandle.current().pid());
        }
        FolderLock.take(link).close();
    }

    @Test
    void aFolderThatCannotBeMadeIsNamed(@TempDir Path root) throws Exception {
        Path file = Files.createFile(root.resolve("file"));
        assertThatThrownBy(() -> FolderLock.take(file.resolve("data")))
                .isInstanceOfSatisfying(
                        EmbeddedException.class,
                        e -> assertThat(e.code()).isEqualTo(EmbeddedException.Code.FOLDER_UNUSABLE))
                .hasMessageContaining(file.toString());
    }
}
