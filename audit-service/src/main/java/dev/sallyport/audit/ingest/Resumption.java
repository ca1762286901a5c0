package dev.sallyport.audit.ingest;

import dev.sallyport.schema.event.GapCause;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;

/**
 * Where reading of a partition goes on, and what nobody can read there any more.
 *
 * @param generation of the partition from now on
 * @param next the record that is read next
 * @param gaps what may be missing in the logs
 * @param marker the stretch that says so in the database: together with the gaps' entries it is
 *     written once
 */
record Resumption(int generation, long next, List<Gap> gaps, Optional<Stretch> marker) {
    Resumption {
        gaps = List.copyOf(gaps);
    }

    /**
     * A partition as Kafka has it now.
     *
     * @param begin the first record that is still there
     * @param end the first one that is not there yet
     * @param truncated whether the broker says that records which were read are gone from its end
     */
    record Found(TopicPartition partition, UUID topicId, long begin, long end, boolean truncated) {}

    static Resumption of(Consumed consumed, Found found) {
        var gaps = new ArrayList<Gap>();
        consumed.forged().ifPresent(row -> gaps.add(forged(row, found.partition())));
        if (consumed.last().isEmpty()) {
            return new Step(found, gaps).skip(0, 0);
        }
        var last = consumed.last().get();
        if (last.topicId().filter(id -> !id.equals(found.topicId())).isPresent()) {
            return new Step(found, gaps)
                    .anew(
                            last,
                            last.next(),
                            GapCause.REPLACED,
                            "the topic was deleted and made anew; what it held from here on was not read");
        }
        if (found.truncated() || last.next() > found.end()) {
            return new Step(found, gaps)
                    .anew(
                            last,
                            Math.min(last.next(), found.end()),
                            GapCause.CUT_BACK,
                            "the topic was read up to "
                                    + last.next()
                                    + " and ended at "
                                    + found.end()
                                    + "; it is read again from its beginning");
        }
        return new Step(found, gaps).skip(last.generation(), last.next());
    }

    private static Gap forged(Consumed.Forged row, TopicPartition partition) {
        return new Gap(
                partition,
                row.generation(),
                Math.max(0, row.from()),
                Math.max(0, row.next()),
                GapCause.FORGED,
                "this is the newest row of the table consumed that was not written by this service, or was sealed with another key; these records are read all the same");
    }

    private record Step(Found found, List<Gap> gaps) {
        /** Goes on at the place, or at the first record after it that is still there. */
        Resumption skip(int generation, long next) {
            if (next >= found.begin()) {
                return new Resumption(generation, next, gaps, Optional.empty());
            }
            gaps.add(
                    new Gap(
                            found.partition(),
                            generation,
                            next,
                            found.begin(),
                            GapCause.DELETED,
                            "Kafka deleted these records before they were read"));
            return new Resumption(
                    generation, found.begin(), gaps, Optional.of(stretch(generation, next)));
        }

        /** Begins a new generation. What was read before and is still there is known by its id. */
        Resumption anew(Consumed.LastStretch last, long from, GapCause cause, String reason) {
            int generation = last.generation() + 1;
            gaps.add(new Gap(found.partition(), generation, from, null, cause, reason));
            return new Resumption(
                    generation,
                    found.begin(),
                    gaps,
                    Optional.of(stretch(generation, Stretch.BEGINNING)));
        }

        private Stretch stretch(int generation, long from) {
            return new Stretch(found.partition(), found.topicId(), generation, from, found.begin());
        }
    }
}
