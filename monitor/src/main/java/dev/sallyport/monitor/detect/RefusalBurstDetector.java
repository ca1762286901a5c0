package dev.sallyport.monitor.detect;

import dev.sallyport.monitor.detect.RefusalBurstState.Slot;
import dev.sallyport.schema.event.Severity;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Finds a principal that is refused more often in a sliding window than mistakes explain. */
public record RefusalBurstDetector(RefusalBurstTuning tuning)
        implements Detector<RefusalBurstState> {
    private static final int CODES_TOLD_MAX = 3;

    @Override
    public String name() {
        return "refusal_burst";
    }

    @Override
    public Severity severity() {
        return Severity.MEDIUM;
    }

    @Override
    public RefusalBurstState fresh() {
        return RefusalBurstState.FRESH;
    }

    @Override
    public void write(RefusalBurstState state, DataOutput out) throws IOException {
        state.write(out);
    }

    @Override
    public RefusalBurstState read(DataInput in) throws IOException {
        return RefusalBurstState.read(in);
    }

    @Override
    public Step<RefusalBurstState> step(
            String subject, RefusalBurstState before, Observation observation) {
        return switch (observation) {
            case Observation.Refused refused when !tuning.passedOver().contains(refused.code()) ->
                    count(subject, before, refused);
            case Observation.Refused _, Observation.Returned _ -> Step.quiet(before);
            case Observation.Reinstated _ ->
                    Step.quiet(new RefusalBurstState(before.newestMillis(), List.of()));
        };
    }

    private Step<RefusalBurstState> count(
            String subject, RefusalBurstState before, Observation.Refused refused) {
        Sliding sliding = new Sliding(tuning.window(), tuning.grace());
        long millis = refused.at().toEpochMilli();
        long slot = sliding.slotOf(millis);
        RefusalBurstState state = before.with(slot, millis, sliding, refused);
        Fullest fullest = windowEndingWith(slot, state, sliding);
        for (int later = 1; later < Sliding.SLOTS; later++) {
            Fullest other = windowEndingWith(slot + later * sliding.slotMillis(), state, sliding);
            fullest = other.count() > fullest.count() ? other : fullest;
        }
        return fullest.count() > tuning.refusalsMax()
                ? new Step<>(state, Optional.of(finding(subject, fullest)))
                : Step.quiet(state);
    }

    private Finding finding(String subject, Fullest window) {
        String reason =
                String.format(
                        Locale.ROOT,
                        "%s was refused %,d times in %s (%s); up to %,d is accepted",
                        subject,
                        window.count(),
                        VolumeDetector.inWords(tuning.window()),
                        mostFrequent(window.byCode()),
                        tuning.refusalsMax());
        return new Finding(
                reason,
                Instant.ofEpochMilli(window.fromMillis()),
                Instant.ofEpochMilli(window.toMillis()),
                window.count(),
                tuning.refusalsMax(),
                window.slots().stream()
                        .flatMap(slot -> slot.first().stream())
                        .limit(Finding.EVIDENCE_MAX)
                        .toList());
    }

    private static String mostFrequent(Map<String, Long> byCode) {
        return byCode.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
                .limit(CODES_TOLD_MAX)
                .map(entry ->
                        String.format(Locale.ROOT, "%s %,d", entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static Fullest windowEndingWith(long slot, RefusalBurstState state, Sliding sliding) {
        long from = sliding.firstSlotOfWindowEndingWith(slot);
        long to = slot + sliding.slotMillis();
        List<Slot> slots = state.between(from, to);
        Map<String, Long> byCode = new TreeMap<>();
        slots.forEach(
                each -> each.byCode().forEach((code, n) -> byCode.merge(code, n, Slot::capped)));
        long count = byCode.values().stream().reduce(0L, Slot::capped);
        return new Fullest(from, to, count, byCode, slots);
    }

    private record Fullest(
            long fromMillis,
            long toMillis,
            long count,
            Map<String, Long> byCode,
            List<Slot> slots) {}
}
