package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Detector;
import dev.sallyport.monitor.detect.Finding;
import dev.sallyport.schema.event.Principal;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs one detector over its state of each tenant and principal. */
final class Detection<S> extends ContextualProcessor<String, Notice, String, Notice> {
    private static final Logger LOG = LoggerFactory.getLogger(Detection.class);

    private final Detector<S> detector;
    private final StreamTally tally;
    private @Nullable KeyValueStore<String, S> states;

    Detection(Detector<S> detector, StreamTally tally) {
        this.detector = detector;
        this.tally = tally;
    }

    @Override
    public void init(ProcessorContext<String, Notice> context) {
        super.init(context);
        states = context.getStateStore(detector.name());
    }

    @Override
    public void process(Record<String, Notice> record) {
        switch (record.value()) {
            case Notice.Observed observed -> observe(record, observed);
            case Notice.Found _, Notice.Suspended _, Notice.Reinstated _ -> {}
        }
    }

    private void observe(Record<String, Notice> record, Notice.Observed observed) {
        KeyValueStore<String, S> store = states;
        if (store == null) {
            throw new IllegalStateException("not initialised");
        }
        S before = store.get(record.key());
        Detector.Step<S> step = step(before == null ? detector.fresh() : before, observed);
        if (step == null) {
            return;
        }
        if (!step.after().equals(before)) {
            store.put(record.key(), step.after());
        }
        Principal principal = observed.principal();
        if (principal != null) {
            step.finding()
                    .ifPresent(finding ->
                            context()
                                    .forward(
                                            record.withValue(found(observed, principal, finding))));
        }
    }

    private Detector.@Nullable Step<S> step(S before, Notice.Observed observed) {
        try {
            return detector.step(observed.whose().subject(), before, observed.observation());
        } catch (RuntimeException e) {
            // a fault in one detector must not stop the others, nor the topic
            tally.countDetectorFailure();
            LOG.atError()
                    .addKeyValue("detector", detector.name())
                    .addKeyValue("tenant", observed.whose().tenant())
                    .setCause(e)
                    .log("a detector could not digest an observation, which was passed over");
            return null;
        }
    }

    private Notice found(Notice.Observed observed, Principal principal, Finding finding) {
        return new Notice.Found(
                observed.whose(),
                principal,
                observed.trace(),
                detector.name(),
                detector.severity(),
                observed.observation().at(),
                finding);
    }
}
