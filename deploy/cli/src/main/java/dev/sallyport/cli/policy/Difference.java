package dev.sallyport.cli.policy;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.registry.RegistryChange;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistrySnapshot;
import dev.sallyport.schema.registry.RegistrySnapshot.Stored;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What would be changed in the registry, and from what.
 *
 * @param steps by key
 */
public record Difference(List<Step> steps) {
    public Difference {
        steps = List.copyOf(steps);
    }

    /**
     * The change of one entry.
     *
     * @param before null where there is none, and where what is there cannot be read
     * @param after null where it is removed
     * @param seen the version of what is there
     */
    public record Step(
            String key, @Nullable RegistryEntry before, @Nullable RegistryEntry after, long seen) {}

    /**
     * The difference between the registry and what is wanted. Keys in neither list stay as they
     * are.
     *
     * @throws PolicyException {@code registry_entry_unreadable} if an entry would be changed that
     *     this version cannot read whole
     */
    public static Difference between(
            RegistrySnapshot registry,
            Collection<RegistryEntry> wanted,
            Collection<String> removed) {
        List<Step> steps = new ArrayList<>();
        for (RegistryEntry entry : wanted) {
            Stored stored = registry.get(entry.key());
            RegistryEntry before = stored == null ? null : whole(stored);
            if (!entry.equals(before)) {
                steps.add(new Step(entry.key(), before, entry, registry.versionOf(entry.key())));
            }
        }
        for (String key : new TreeSet<>(removed)) {
            Stored stored = registry.get(key);
            if (stored != null) {
                steps.add(new Step(key, wholeOrNull(stored), null, stored.version()));
            }
        }
        return new Difference(steps);
    }

    /** The entry as it stands in the registry. */
    public static RegistryEntry whole(Stored stored) {
        try {
            return stored.entry();
        } catch (SchemaException e) {
            throw new PolicyException(
                    "registry_entry_unreadable",
                    e.getMessage()
                            + " that this version can read whole: use the version that wrote it, or delete it first",
                    e);
        }
    }

    static @Nullable RegistryEntry wholeOrNull(Stored stored) {
        try {
            return stored.entry();
        } catch (SchemaException e) {
            return null;
        }
    }

    /** Whether there is nothing to change. */
    public boolean isEmpty() {
        return steps.isEmpty();
    }

    /** The changes, each bound to the version that the difference was made from. */
    public List<RegistryChange> changes() {
        return steps.stream()
                .map(step -> new RegistryChange(step.key(), step.after(), step.seen()))
                .toList();
    }

    /** Prints each entry that changes with its members, and the numbers. */
    public void print(PrintWriter out) {
        int added = 0;
        int removed = 0;
        for (Step step : steps) {
            if (step.after() == null) {
                removed++;
                out.println("- " + Shown.text(step.key()));
            } else if (step.seen() == RegistrySnapshot.ABSENT) {
                added++;
                out.println("+ " + step.key());
            } else {
                out.println("~ " + step.key());
            }
            print(step, out);
        }
        out.printf(
                "%d to add, %d to change, %d to remove%n",
                added, steps.size() - added - removed, removed);
        out.flush();
    }

    private static void print(Step step, PrintWriter out) {
        Map<String, Object> before = members(step.before());
        Map<String, Object> after = members(step.after());
        boolean whole = step.before() == null || step.after() == null;
        var paths = new TreeSet<>(before.keySet());
        paths.addAll(after.keySet());
        boolean anything = false;
        for (String path : paths) {
            Object from = before.get(path);
            Object to = after.get(path);
            if (from == null || to == null) {
                String mark = whole ? "" : from == null ? "+ " : "- ";
                out.println(
                        "    "
                                + mark
                                + Shown.text(path)
                                + ": "
                                + text(from == null ? Objects.requireNonNull(to) : from));
                anything = true;
            } else if (!from.equals(to)) {
                out.println("    ~ " + Shown.text(path) + ": " + change(from, to));
                anything = true;
            }
        }
        if (!anything && !whole) {
            out.println("    ~ a value that is not shown");
        }
    }

    private static Map<String, Object> members(@Nullable RegistryEntry entry) {
        return entry == null ? Map.of() : EntryText.members(entry);
    }

    private static String change(Object from, Object to) {
        if (from instanceof List<?> were && to instanceof List<?> are) {
            List<Object> gone = new ArrayList<>(were);
            gone.removeAll(are);
            List<Object> come = new ArrayList<>(are);
            come.removeAll(were);
            return (come.isEmpty() ? "" : "added " + text(come))
                    + (come.isEmpty() || gone.isEmpty() ? "" : ", ")
                    + (gone.isEmpty() ? "" : "removed " + text(gone));
        }
        return text(from) + " -> " + text(to);
    }

    /** In full: what is not shown is not agreed to. */
    private static String text(Object value) {
        return Shown.text(String.valueOf(value));
    }
}
