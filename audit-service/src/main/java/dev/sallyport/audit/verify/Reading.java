package dev.sallyport.audit.verify;

import dev.sallyport.audit.tree.EntryBundle;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TilePath;
import java.util.List;

/** Reads artefacts and says, for each, what is wrong with its outer form. */
record Reading(Artefacts artefacts) {
    /** A published tile: its hashes, or why there are none. */
    sealed interface Tile {
        record Published(List<Hash> hashes) implements Tile {}

        record Unusable(String why) implements Tile {}
    }

    /**
     * An entry bundle.
     *
     * @param entries the entries that could be read
     * @param present false when there is nothing that could be read
     * @param sound false when it is missing or holds anything but the entries that it should
     * @param why what is wrong, empty when sound
     */
    record Bundle(List<byte[]> entries, boolean present, boolean sound, String why) {}

    Tile tile(TilePath.Hashes path) throws Unfetchable {
        int bytes = path.width() * Hash.BYTES;
        return switch (artefacts.fetch(path.path(), bytes)) {
            case Artefacts.Fetched.Found found when found.bytes().length == bytes ->
                    new Tile.Published(Hash.split(found.bytes()));
            case Artefacts.Fetched.Found found ->
                    new Tile.Unusable("has " + found.bytes().length + " bytes instead of " + bytes);
            case Artefacts.Fetched.TooLong(var max) ->
                    new Tile.Unusable("has more than the " + max + " bytes that it should have");
            case Artefacts.Fetched.Absent() -> new Tile.Unusable("is missing");
            case Artefacts.Fetched.Failed(var why) -> throw new Unfetchable(why);
        };
    }

    Bundle bundle(TilePath.Entries path) throws Unfetchable {
        int bytesMax = path.width() * (2 + EntryBundle.ENTRY_BYTES_MAX);
        return switch (artefacts.fetch(path.path(), bytesMax)) {
            case Artefacts.Fetched.Found found -> bundle(path, EntryBundle.read(found.bytes()));
            case Artefacts.Fetched.TooLong(var max) ->
                    new Bundle(List.of(), false, false, "has more than " + max + " bytes");
            case Artefacts.Fetched.Absent() -> new Bundle(List.of(), false, false, "is missing");
            case Artefacts.Fetched.Failed(var why) -> throw new Unfetchable(why);
        };
    }

    private static Bundle bundle(TilePath.Entries path, EntryBundle.Contents contents) {
        int read = contents.entries().size();
        boolean sound = contents.clean() && read == path.width();
        return new Bundle(
                contents.entries(),
                true,
                sound,
                sound
                        ? ""
                        : "holds "
                                + read
                                + (contents.clean() ? "" : " whole")
                                + " entries instead of "
                                + path.width());
    }
}
