package dev.sallyport.cli.policy;

import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.RegistryCodec;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistryEntryException;
import dev.sallyport.schema.registry.RegistrySnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The entries that people wrote into policy files: each under its registry key, in as many
 * documents and files as they like, and none of them twice.
 *
 * @param entries by key
 */
public record PolicyFiles(SortedMap<String, Written> entries) {
    /** In place of a file: the standard input. */
    public static final String STANDARD_INPUT = "-";

    private static final int BYTES_MAX = 4 * PlacedYaml.CHARS_MAX;
    private static final int PROBLEMS_SHOWN_MAX = 20;

    public PolicyFiles {
        entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
    }

    /**
     * An entry and where it stands.
     *
     * @param place file and line, such as {@code acme.yaml:12}
     */
    public record Written(RegistryEntry entry, String place) {}

    /**
     * Reads files, all YAML files that lie in folders, and the standard input.
     *
     * @param names files, folders and {@link #STANDARD_INPUT}
     * @throws PolicyException {@code policy_malformed}, telling every entry that is wrong by file,
     *     line and member; {@code file_unreadable}
     */
    public static PolicyFiles read(List<String> names, InputStream standardInput) {
        Reading reading = new Reading();
        for (String name : names) {
            if (name.equals(STANDARD_INPUT)) {
                reading.take("standard input", text("standard input", standardInput));
            } else {
                for (Path file : files(Path.of(name))) {
                    try (InputStream in = Files.newInputStream(file)) {
                        reading.take(file.toString(), text(file.toString(), in));
                    } catch (IOException e) {
                        throw unreadable(file.toString(), e);
                    }
                }
            }
        }
        return reading.end();
    }

    static List<Path> files(Path path) {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> inside = Files.list(path)) {
            List<Path> files =
                    inside.filter(file -> file.toString().matches(".*\\.(yaml|yml|json)"))
                            .filter(Files::isRegularFile)
                            .sorted()
                            .toList();
            if (files.isEmpty()) {
                throw new PolicyException("file_unreadable", path + " holds no YAML file");
            }
            return files;
        } catch (IOException e) {
            throw unreadable(path.toString(), e);
        }
    }

    static String text(String name, InputStream in) {
        try {
            byte[] bytes = in.readNBytes(BYTES_MAX + 1);
            if (bytes.length > BYTES_MAX) {
                throw new PolicyException(
                        "policy_malformed", name + " is longer than " + BYTES_MAX + " bytes");
            }
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new PolicyException("policy_malformed", name + " is no UTF-8", e);
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    static PolicyException unreadable(String name, IOException e) {
        return new PolicyException(
                "file_unreadable", name + " cannot be read: " + e.getClass().getSimpleName(), e);
    }

    /** The entry of that key; null where no file has it. */
    public @Nullable RegistryEntry get(String key) {
        Written written = entries.get(key);
        return written == null ? null : written.entry();
    }

    /** All entries, by key. */
    public List<RegistryEntry> all() {
        return entries.values().stream().map(Written::entry).toList();
    }

    /**
     * Refuses entries of anybody else.
     *
     * @throws PolicyException {@code policy_other_tenant}
     */
    public void requireOnly(TenantId tenant) {
        entries.forEach((key, written) -> {
            if (!RegistrySnapshot.tenantOf(key).equals(tenant)) {
                throw new PolicyException(
                        "policy_other_tenant",
                        "%s: %s is not of tenant %s".formatted(written.place(), key, tenant));
            }
        });
    }

    /** Collects what stands in files, and what is wrong there. */
    private static final class Reading {
        private final PolicySchema schema = PolicySchema.read();
        private final SortedMap<String, Written> entries = new TreeMap<>();
        private final List<String> problems = new ArrayList<>();

        void take(String file, String text) {
            for (PlacedYaml document : PlacedYaml.read(file, text)) {
                if (!document.value().isObject()) {
                    problems.add(
                            file
                                    + ":"
                                    + document.line("")
                                    + ": a document must hold entries by key, such as tenant/acme");
                    continue;
                }
                Set<String> wrong = new HashSet<>();
                for (PolicySchema.Problem problem : schema.problems(document.value())) {
                    if (problem.isKey()) {
                        continue; // the codec says why there is none
                    }
                    wrong.add(entryOf(problem.path()));
                    problems.add(
                            "%s:%d: %s"
                                    .formatted(
                                            file,
                                            document.line(problem.path()),
                                            Shown.text(problem.toString())));
                }
                for (var member : document.value().properties()) {
                    if (!wrong.contains(entryOf("/" + PlacedYaml.step(member.getKey())))) {
                        take(file, document, member.getKey(), member.getValue());
                    }
                }
            }
        }

        private static String entryOf(String path) {
            return path.split("/", 3)[1];
        }

        private void take(String file, PlacedYaml document, String key, JsonNode value) {
            String path = "/" + PlacedYaml.step(key);
            String place = file + ":" + document.line(path);
            Written before = entries.get(key);
            if (before != null) {
                problems.add("%s: %s stands in %s too".formatted(place, key, before.place()));
                return;
            }
            try {
                entries.put(key, new Written(RegistryCodec.fromPerson(key, value), place));
            } catch (RegistryEntryException e) {
                StringBuilder there = new StringBuilder(path);
                e.path().forEach(step -> there.append('/').append(PlacedYaml.step(step)));
                problems.add(
                        "%s:%d: %s"
                                .formatted(
                                        file,
                                        document.line(there.toString()),
                                        Shown.text(String.valueOf(e.getMessage()))));
            }
        }

        PolicyFiles end() {
            if (!problems.isEmpty()) {
                String more =
                        problems.size() > PROBLEMS_SHOWN_MAX
                                ? "%n  and %d more".formatted(problems.size() - PROBLEMS_SHOWN_MAX)
                                : "";
                throw new PolicyException(
                        "policy_malformed",
                        "nothing was changed:"
                                + System.lineSeparator()
                                + "  "
                                + String.join(
                                        System.lineSeparator() + "  ",
                                        problems.stream().limit(PROBLEMS_SHOWN_MAX).toList())
                                + more);
            }
            return new PolicyFiles(entries);
        }
    }
}
