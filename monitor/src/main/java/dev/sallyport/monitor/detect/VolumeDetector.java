package dev.sallyport.monitor.detect;

import dev.sallyport.monitor.detect.VolumeState.Share;
import dev.sallyport.monitor.detect.VolumeState.Slot;
import dev.sallyport.monitor.detect.VolumeState.Usual;
import dev.sallyport.schema.event.Severity;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds who carries out more data than usual: more rows or bytes in a sliding window than its own
 * baseline of earlier windows allows, or in a single call than its own baseline of earlier calls.
 * Baselines learn only from what was not found.
 *
 * @param name in alerts and in the configuration
 * @param evidenceASlot how many calls are remembered of a twelfth of a window
 */
public record VolumeDetector(String name, VolumeTuning tuning, int evidenceASlot)
        implements Detector<VolumeState> {
    private static final String NEWCOMERS = "newcomer_volume";

    /** One principal in a window that is short: what is found is going on now. */
    public VolumeDetector(VolumeTuning tuning) {
        this("volume", tuning, 4);
    }

    /**
     * All of a tenant's principals without a baseline, taken together: whoever comes under a new
     * name again and again is a newcomer each time, and has no past of its own.
     */
    public static VolumeDetector ofNewcomers(SlowVolumeTuning tuning) {
        return new VolumeDetector(NEWCOMERS, tuning.newcomersTogether(), 1);
    }

    @Override
    public Severity severity() {
        return Severity.HIGH;
    }

    @Override
    public boolean isNewcomer(VolumeState state) {
        return !state.windows().rows().established(tuning.baseline());
    }

    @Override
    public VolumeState fresh() {
        return VolumeState.FRESH;
    }

    @Override
    public void write(VolumeState state, DataOutput out) throws IOException {
        state.write(out);
    }

    @Override
    public VolumeState read(DataInput in) throws IOException {
        return VolumeState.read(in);
    }

    @Override
    public Step<VolumeState> step(String subject, VolumeState before, Observation observation) {
        return switch (observation) {
            case Observation.Returned returned when returned.volume().rows() > 0 ->
                    weigh(subject, before, returned);
            case Observation.Returned _, Observation.Refused _ -> Step.quiet(before);
            case Observation.Reinstated _ -> Step.quiet(before.withoutSlots());
        };
    }

    private Step<VolumeState> weigh(
            String subject, VolumeState before, Observation.Returned returned) {
        Sliding sliding = new Sliding(tuning.window(), tuning.grace());
        long millis = returned.at().toEpochMilli();
        long slot = sliding.slotOf(millis);
        VolumeState state = before.at(millis, sliding, tuning.baseline());
        Optional<Finding> call = singleCall(subject, state.calls(), returned);
        if (slot < sliding.openSince(state.newestMillis())) {
            // too late to be counted in a window, but one call alone speaks for itself
            return new Step<>(state, call);
        }
        state = state.with(slot, new Share(returned.call(), returned.volume()), evidenceASlot);
        Optional<Excessive> window = excessiveWindowAround(slot, state, sliding);
        if (window.isPresent()) {
            state = state.marked(window.get().fromMillis(), window.get().toMillis());
        }
        if (call.isPresent()) {
            state = state.marked(slot, slot + sliding.slotMillis());
        }
        if (window.isEmpty() && call.isEmpty()) {
            state = state.withCallLearnt(returned.volume(), tuning.baseline());
        }
        return new Step<>(state, call.or(() -> window.map(each -> windowFinding(subject, each))));
    }

    private Optional<Finding> singleCall(
            String subject, Usual usual, Observation.Returned returned) {
        return excess(returned.volume(), Scope.CALL, usual)
                .map(excess ->
                        new Finding(
                                subject
                                        + " read "
                                        + excess.amountText()
                                        + " in one call; "
                                        + excess.comparedWith("one call"),
                                returned.at(),
                                returned.at(),
                                excess.amount(),
                                excess.expected(),
                                List.of(returned.call())));
    }

    private Finding windowFinding(String subject, Excessive window) {
        String span = inWords(tuning.window());
        Excess excess = window.excess();
        return new Finding(
                subject
                        + " read "
                        + excess.amountText()
                        + " in "
                        + span
                        + "; "
                        + excess.comparedWith(span),
                Instant.ofEpochMilli(window.fromMillis()),
                Instant.ofEpochMilli(window.toMillis()),
                excess.amount(),
                excess.expected(),
                VolumeState.heaviestOf(
                                window.slots().stream().flatMap(slot -> slot.heaviest().stream()),
                                Finding.EVIDENCE_MAX)
                        .stream()
                        .map(Share::call)
                        .toList());
    }

    /**
     * Of all windows that hold the slot, the one that holds most of what is too much: so a late
     * event is judged by its own time.
     */
    private Optional<Excessive> excessiveWindowAround(
            long slot, VolumeState state, Sliding sliding) {
        long last =
                Math.min(
                        sliding.slotOf(state.newestMillis()),
                        sliding.lastSlotOfWindowStartingWith(slot));
        @Nullable Excessive worst = null;
        for (long end = slot; end <= last; end += sliding.slotMillis()) {
            long from = sliding.firstSlotOfWindowEndingWith(end);
            long to = end + sliding.slotMillis();
            List<Slot> slots = state.between(from, to);
            Volume sum = slots.stream().map(Slot::volume).reduce(Volume.NONE, Volume::plus);
            Excess excess = excess(sum, Scope.WINDOW, state.windows()).orElse(null);
            if (excess != null && (worst == null || excess.amount() > worst.excess().amount())) {
                worst = new Excessive(from, to, slots, excess);
            }
        }
        return Optional.ofNullable(worst);
    }

    private record Excessive(long fromMillis, long toMillis, List<Slot> slots, Excess excess) {}

    private enum Scope {
        WINDOW,
        CALL
    }

    private Optional<Excess> excess(Volume amount, Scope scope, Usual usual) {
        Volume floor = scope == Scope.WINDOW ? tuning.windowFloor() : tuning.callFloor();
        Volume newcomer = scope == Scope.WINDOW ? tuning.windowNewcomer() : tuning.callNewcomer();
        return excess(amount.rows(), floor.rows(), newcomer.rows(), usual.rows(), Unit.ROWS)
                .or(() ->
                        excess(
                                amount.bytes(),
                                floor.bytes(),
                                newcomer.bytes(),
                                usual.bytes(),
                                Unit.BYTES));
    }

    private Optional<Excess> excess(
            long amount, long floor, long newcomer, Baseline baseline, Unit unit) {
        boolean established = baseline.established(tuning.baseline());
        long limit = established ? Math.max(floor, baseline.highest(tuning.baseline())) : newcomer;
        return amount > limit
                ? Optional.of(new Excess(unit, amount, limit, established, baseline.usual()))
                : Optional.empty();
    }

    private record Excess(Unit unit, long amount, long limit, boolean established, long usual) {
        long expected() {
            return established ? usual : limit;
        }

        String amountText() {
            return unit.text(amount);
        }

        String comparedWith(String span) {
            return established
                    ? "usual is "
                            + unit.text(usual)
                            + ", and up to "
                            + unit.text(limit)
                            + " is accepted"
                    : "there is too little history to compare with, and "
                            + span
                            + " may hold "
                            + unit.text(limit)
                            + " until there is";
        }
    }

    private enum Unit {
        ROWS {
            @Override
            String text(long amount) {
                return String.format(Locale.ROOT, "%,d %s", amount, amount == 1 ? "row" : "rows");
            }
        },
        BYTES {
            @Override
            String text(long amount) {
                if (amount < 10_000) {
                    return String.format(Locale.ROOT, "%,d bytes", amount);
                }
                return amount < 10_000_000
                        ? String.format(Locale.ROOT, "%,d kB", amount / 1_000)
                        : String.format(Locale.ROOT, "%,d MB", amount / 1_000_000);
            }
        };

        abstract String text(long amount);
    }

    static String inWords(Duration span) {
        if (span.toHours() > 0 && span.equals(Duration.ofHours(span.toHours()))) {
            return span.toHours() + " h";
        }
        return span.toMillis() % 1_000 == 0 ? span.toSeconds() + " s" : span.toMillis() + " ms";
    }
}
