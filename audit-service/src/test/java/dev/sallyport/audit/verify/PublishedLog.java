package dev.sallyport.audit.verify;

import dev.sallyport.audit.note.Checkpoint;
import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.tree.EntryBundle;
import dev.sallyport.audit.tree.Frontier;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TilePath;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** The published artefacts of a log, in memory and open to tampering. */
record PublishedLog(Map<String, byte[]> files) implements Artefacts {
    static final NoteSigner SIGNER =
            NoteSigner.parse(NoteSigner.generate("audit.test/log", new SecureRandom()));

    static PublishedLog of(int size) {
        var entries = IntStream.range(0, size).mapToObj(PublishedLog::entry).toList();
        return of(entries);
    }

    static PublishedLog of(List<byte[]> entries) {
        var files = new TreeMap<String, byte[]>();
        var growth = Frontier.EMPTY.grow(entries.stream().map(Hash::ofLeaf).toList());
        growth.full().forEach(tile -> files.put(tile.path().path(), Hash.join(tile.hashes())));
        TilePath.hashesOf(entries.size())
                .filter(path -> path.width() < TilePath.WIDTH_MAX)
                .forEach(path ->
                        files.put(
                                path.path(),
                                Hash.join(growth.frontier().partials().get(path.level()))));
        TilePath.entriesOf(entries.size())
                .forEach(path -> {
                    int from = (int) path.index() * TilePath.WIDTH_MAX;
                    files.put(
                            path.path(),
                            EntryBundle.write(entries.subList(from, from + path.width())));
                });
        files.put(
                "checkpoint",
                sign(new Checkpoint("audit.test/log/acme", growth.frontier().head())));
        return new PublishedLog(files);
    }

    static byte[] sign(Checkpoint checkpoint) {
        return SIGNER.named(checkpoint.origin())
                .sign(checkpoint.text())
                .getBytes(StandardCharsets.UTF_8);
    }

    /** An event of the call {@link #call}. */
    static byte[] entry(int index) {
        return """
        {"specversion":"1.0","id":"event-%d","type":"dev.sallyport.Test","time":"2026-11-27T10:00:00Z",\
        "data":{"call":"%s","client":"mallory"}}\
        """
                .formatted(index, call(index))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Entries 3 and 17, among others, are of one call. */
    static String call(int index) {
        return "call-" + index % 14;
    }

    /** The log with one artefact replaced. */
    PublishedLog with(String path, byte[] bytes) {
        var changed = new TreeMap<>(files);
        changed.put(path, bytes);
        return new PublishedLog(changed);
    }

    /** The log without one artefact. */
    PublishedLog without(String path) {
        var changed = new TreeMap<>(files);
        changed.remove(path);
        return new PublishedLog(changed);
    }

    byte[] file(String path) {
        return Optional.ofNullable(files.get(path)).orElseThrow();
    }

    @Override
    public Fetched fetch(String path, int bytesMax) {
        byte[] bytes = files.get(path);
        if (bytes == null) {
            return new Fetched.Absent();
        }
        return bytes.length > bytesMax ? new Fetched.TooLong(bytesMax) : new Fetched.Found(bytes);
    }
}
