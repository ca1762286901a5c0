package dev.sallyport.monitor.detect;

import dev.sallyport.schema.id.CallId;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the volume detector keeps of a principal.
 *
 * @param newestMillis latest event time seen
 * @param slots what was returned lately, oldest first, at most a few dozen
 * @param windows what is usual in a window
 * @param calls what is usual in a call
 */
public record VolumeState(long newestMillis, List<Slot> slots, Usual windows, Usual calls) {
    static final VolumeState FRESH =
            new VolumeState(Long.MIN_VALUE, List.of(), Usual.UNKNOWN, Usual.UNKNOWN);

    public VolumeState {
        slots = List.copyOf(slots);
    }

    /** The two baselines of one kind of amount. */
    record Usual(Baseline rows, Baseline bytes) {
        static final Usual UNKNOWN = new Usual(Baseline.UNKNOWN, Baseline.UNKNOWN);

        void write(DataOutput out) throws IOException {
            rows.write(out);
            bytes.write(out);
        }

        static Usual read(DataInput in) throws IOException {
            return new Usual(Baseline.read(in), Baseline.read(in));
        }

        Usual learn(Volume amount, BaselineTuning tuning) {
            return new Usual(
                    rows.learn(amount.rows(), tuning), bytes.learn(amount.bytes(), tuning));
        }
    }

    /**
     * A short stretch of time.
     *
     * @param suspicious part of something that was found: not to be learnt from
     * @param heaviest its calls that returned most rows, heaviest first
     */
    record Slot(long startMillis, Volume volume, boolean suspicious, List<Share> heaviest) {
        Slot {
            heaviest = List.copyOf(heaviest);
        }

        static Slot of(long startMillis, Share share) {
            return new Slot(startMillis, share.volume(), false, List.of(share));
        }

        Slot plus(Share share, int heaviestMax) {
            return new Slot(
                    startMillis,
                    volume.plus(share.volume()),
                    suspicious,
                    heaviestOf(Stream.concat(heaviest.stream(), Stream.of(share)), heaviestMax));
        }

        void write(DataOutput out) throws IOException {
            out.writeLong(startMillis);
            volume.write(out);
            out.writeBoolean(suspicious);
            out.writeByte(heaviest.size());
            for (Share share : heaviest) {
                share.write(out);
            }
        }

        static Slot read(DataInput in) throws IOException {
            long startMillis = in.readLong();
            Volume volume = Volume.read(in);
            boolean suspicious = in.readBoolean();
            List<Share> heaviest = new ArrayList<>();
            for (int left = in.readByte(); left > 0; left--) {
                heaviest.add(Share.read(in));
            }
            return new Slot(startMillis, volume, suspicious, heaviest);
        }

        Slot marked() {
            return new Slot(startMillis, volume, true, heaviest);
        }
    }

    /** What one call returned. */
    record Share(CallId call, Volume volume) {
        void write(DataOutput out) throws IOException {
            CallIdBytes.write(call, out);
            volume.write(out);
        }

        static Share read(DataInput in) throws IOException {
            return new Share(CallIdBytes.read(in), Volume.read(in));
        }
    }

    void write(DataOutput out) throws IOException {
        out.writeLong(newestMillis);
        windows.write(out);
        calls.write(out);
        out.writeInt(slots.size());
        for (Slot slot : slots) {
            slot.write(out);
        }
    }

    static VolumeState read(DataInput in) throws IOException {
        long newestMillis = in.readLong();
        Usual windows = Usual.read(in);
        Usual calls = Usual.read(in);
        List<Slot> slots = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            slots.add(Slot.read(in));
        }
        return new VolumeState(newestMillis, slots, windows, calls);
    }

    static List<Share> heaviestOf(Stream<Share> shares, int max) {
        return shares.sorted(
                        Comparator.comparingLong((Share share) -> share.volume().rows())
                                .thenComparingLong(share -> share.volume().bytes())
                                .reversed())
                .limit(max)
                .toList();
    }

    /** The state in which everything older than the newest event allows is learnt and forgotten. */
    VolumeState at(long millis, Sliding sliding, BaselineTuning tuning) {
        long newest = Math.max(newestMillis, millis);
        long openSince = sliding.openSince(newest);
        if (slots.isEmpty() || slots.getFirst().startMillis() >= openSince) {
            return new VolumeState(newest, slots, windows, calls);
        }
        Usual learnt = windows;
        int next = 0;
        while (next < slots.size() && slots.get(next).startMillis() < openSince) {
            long window = sliding.fixedWindowOf(slots.get(next).startMillis());
            Volume sum = Volume.NONE;
            boolean suspicious = false;
            for (;
                    next < slots.size()
                            && sliding.fixedWindowOf(slots.get(next).startMillis()) == window;
                    next++) {
                sum = sum.plus(slots.get(next).volume());
                suspicious |= slots.get(next).suspicious();
            }
            if (!suspicious) {
                learnt = learnt.learn(sum, tuning);
            }
        }
        return new VolumeState(newest, slots.subList(next, slots.size()), learnt, calls);
    }

    VolumeState with(long slotMillis, Share share, int heaviestMax) {
        List<Slot> changed = new ArrayList<>(slots);
        int index = changed.size();
        while (index > 0 && changed.get(index - 1).startMillis() > slotMillis) {
            index--;
        }
        if (index > 0 && changed.get(index - 1).startMillis() == slotMillis) {
            changed.set(index - 1, changed.get(index - 1).plus(share, heaviestMax));
        } else {
            changed.add(index, Slot.of(slotMillis, share));
        }
        return new VolumeState(newestMillis, changed, windows, calls);
    }

    VolumeState marked(long fromMillis, long toMillis) {
        List<Slot> changed =
                slots.stream()
                        .map(slot ->
                                slot.startMillis() >= fromMillis && slot.startMillis() < toMillis
                                        ? slot.marked()
                                        : slot)
                        .toList();
        return new VolumeState(newestMillis, changed, windows, calls);
    }

    /**
     * Without what is not learnt yet: used after a reinstatement, when the latest use was not
     * usual.
     */
    VolumeState withoutSlots() {
        return new VolumeState(newestMillis, List.of(), windows, calls);
    }

    VolumeState withCallLearnt(Volume amount, BaselineTuning tuning) {
        return new VolumeState(newestMillis, slots, windows, calls.learn(amount, tuning));
    }

    List<Slot> between(long fromMillis, long toMillis) {
        return slots.stream()
                .filter(slot -> slot.startMillis() >= fromMillis && slot.startMillis() < toMillis)
                .toList();
    }
}
