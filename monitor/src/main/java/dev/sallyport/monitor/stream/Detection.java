package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Finding;
import dev.sallyport.monitor.detect.Observation;
import dev.sallyport.schema.event.Principal;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of an event: read, each id once, by all detectors, to the response. All that it leads to
 * is in the transaction that moves the event's offset.
 */
final class Detection extends ContextualProcessor<String, byte[], String, byte[]> {
    static final String NAME = "detection";
    static final String ROWS = "principals";

    private static final Logger LOG = LoggerFactory.getLogger(Detection.class);
    private static final Duration TIDY_EVERY = Duration.ofHours(1);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(5);

    private final DetectionTopology topology;
    private final StreamTally tally;
    private final Intake intake;
    private @Nullable Work work;

    Detection(DetectionTopology topology) {
        this.topology = topology;
        this.tally = topology.tally();
        this.intake = new Intake(tally);
    }

    /** What a task has from the moment on that its rows are restored. */
    private record Work(
            Memory memory, SeenIds seen, Response response, LostSuspensions lostSuspensions) {
        void write() {
            memory.write();
            seen.write();
        }
    }

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
        super.init(context);
        RowStore rows = context.getStateStore(ROWS);
        Work fresh =
                new Work(
                        new Memory(
                                rows,
                                topology.detectors(),
                                topology.ofNewcomers(),
                                Memory.ROWS_MAX),
                        new SeenIds(rows, topology.rememberedFor(), SeenIds.IDS_MAX),
                        new Response(topology.policy(), topology.clock(), tally, context),
                        new LostSuspensions());
        rows.beforeCommit(fresh::write);
        work = fresh;
        context.schedule(TIDY_EVERY, PunctuationType.WALL_CLOCK_TIME, this::tidy);
        context.schedule(LOOK_EVERY, PunctuationType.WALL_CLOCK_TIME, this::lookForLost);
    }

    private void lookForLost(long nowMillis) {
        Work now = ready();
        List<Notice.Whose> suspended = now.memory().suspended();
        now.lostSuspensions()
                .look(
                        suspended,
                        suspended.stream().filter(this::isGone).collect(Collectors.toSet()),
                        nowMillis,
                        (whose, since) -> now.response().alertLost(whose, since, nowMillis));
    }

    private boolean isGone(Notice.Whose whose) {
        return topology.suspensionGone().test(whose.tenant(), whose.subject());
    }

    private void tidy(long nowMillis) {
        int forgotten = ready().memory().forget(nowMillis, topology.forgottenAfter());
        if (forgotten > 0) {
            LOG.atInfo().addKeyValue("principals", forgotten).log("principals forgotten");
        }
    }

    private Work ready() {
        Work now = work;
        if (now == null) {
            throw new IllegalStateException("not initialised");
        }
        return now;
    }

    @Override
    public void process(Record<String, byte[]> record) {
        Work now = ready();
        long nowMillis = context().currentSystemTimeMs();
        Intake.Reading reading =
                intake.read(record.value(), context().recordMetadata().orElse(null), nowMillis);
        if (reading == null) {
            return;
        }
        if (!reading.notices().isEmpty() && !now.seen().firstTime(reading.event(), nowMillis)) {
            tally.countDuplicate();
            return;
        }
        tally.countEvent();
        for (Notice notice : reading.notices()) {
            Memory.Entry entry = now.memory().of(notice.whose());
            switch (notice) {
                case Notice.Observed observed -> {
                    boolean newcomer = entry.state().isNewcomer();
                    observe(entry, observed.whose().subject(), observed, record, nowMillis);
                    if (newcomer && observed.observation() instanceof Observation.Returned) {
                        observe(
                                now.memory().ofNewcomers(observed.whose().tenant()),
                                "all principals without a past together",
                                observed,
                                record,
                                nowMillis);
                    }
                }
                case Notice.Suspended _ ->
                        entry.stands(entry.state().standing().withSuspension(), nowMillis);
                case Notice.SuspensionLost lost -> {
                    if (entry.state().standing().suspended() && isGone(lost.whose())) {
                        now.response().suspendAgain(lost.whose(), lost.alert(), record.timestamp());
                    }
                }
                case Notice.Reinstated _ -> entry.stands(Standing.GOOD, nowMillis);
            }
        }
    }

    private void observe(
            Memory.Entry entry,
            String name,
            Notice.Observed observed,
            Record<String, byte[]> record,
            long nowMillis) {
        for (Watch<?> watch : entry.state().watches()) {
            Watch.Step step = step(watch, name, observed);
            if (step == null) {
                continue;
            }
            if (step.changed()) {
                entry.changed(nowMillis);
            }
            Principal principal = observed.principal();
            if (principal != null && step.finding().isPresent()) {
                Found found = found(watch, observed, principal, step.finding().get());
                Standing before = entry.state().standing();
                entry.stands(
                        ready().response().respond(before, found, record.timestamp()), nowMillis);
            }
        }
    }

    private Watch.@Nullable Step step(Watch<?> watch, String name, Notice.Observed observed) {
        try {
            return watch.step(name, observed.observation());
        } catch (RuntimeException e) {
            // a fault in one detector must not stop the others, nor the topic
            tally.countDetectorFailure();
            LOG.atError()
                    .addKeyValue("detector", watch.detector().name())
                    .addKeyValue("tenant", observed.whose().tenant())
                    .setCause(e)
                    .log("a detector could not digest an observation, which was skipped");
            return null;
        }
    }

    private static Found found(
            Watch<?> watch, Notice.Observed observed, Principal principal, Finding finding) {
        return new Found(
                observed.whose(),
                principal,
                observed.trace(),
                watch.detector().name(),
                watch.detector().severity(),
                observed.observation().at(),
                finding);
    }
}
