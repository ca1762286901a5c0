package dev.sallyport.monitor.detect;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * What is usual for one principal, learnt from earlier amounts: an exponentially weighted mean and
 * variance of their logarithms. Amounts of data are spread over orders of magnitude; in logarithms
 * "eight times the usual" is the same distance for one who reads 10 rows and one who reads 10,000,
 * and one large amount does not lift what is usual.
 *
 * @param learnt how many amounts it has seen
 * @param mean of ln(1 + amount)
 * @param variance of ln(1 + amount)
 */
record Baseline(int learnt, double mean, double variance) {
    static final Baseline UNKNOWN = new Baseline(0, 0, 0);

    Baseline {
        if (learnt < 0 || !Double.isFinite(mean) || !Double.isFinite(variance) || variance < 0) {
            throw new IllegalArgumentException(
                    "no baseline: learnt " + learnt + ", mean " + mean + ", variance " + variance);
        }
    }

    void write(DataOutput out) throws IOException {
        out.writeInt(learnt);
        out.writeDouble(mean);
        out.writeDouble(variance);
    }

    static Baseline read(DataInput in) throws IOException {
        return new Baseline(in.readInt(), in.readDouble(), in.readDouble());
    }

    boolean established(BaselineTuning tuning) {
        return learnt >= tuning.learntMin();
    }

    /** The typical amount: the geometric mean of what was learnt. */
    long usual() {
        return Math.round(Math.expm1(mean));
    }

    /** The largest amount that is still in keeping with what was learnt. */
    long highest(BaselineTuning tuning) {
        double deviation = Math.max(Math.sqrt(variance), tuning.deviationMin());
        return Math.round(Math.expm1(mean + tuning.deviations() * deviation));
    }

    /**
     * The baseline after one more amount. The first amounts count alike (a plain mean), later ones
     * with {@link BaselineTuning#weight}. Once established, an amount counts as at most {@link
     * BaselineTuning#swingMax} times the usual: whoever wants to teach a higher baseline must take
     * the time. The same holds downwards, or what is usual would be underestimated.
     */
    Baseline learn(long amount, BaselineTuning tuning) {
        double level = Math.log1p((double) amount);
        if (established(tuning)) {
            double swing = Math.log(tuning.swingMax());
            level = Math.clamp(level, mean - swing, mean + swing);
        }
        double weight = Math.max(tuning.weight(), 1.0 / (learnt + 1));
        double difference = level - mean;
        double step = weight * difference;
        return new Baseline(
                Math.min(learnt, Integer.MAX_VALUE - 1) + 1,
                mean + step,
                (1 - weight) * (variance + difference * step));
    }
}
