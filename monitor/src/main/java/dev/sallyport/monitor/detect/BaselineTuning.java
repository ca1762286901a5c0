package dev.sallyport.monitor.detect;

import dev.sallyport.schema.config.Default;

/**
 * How a baseline learns and how far from it is too far.
 *
 * @param weight share of the newest amount in the mean, above 0 and at most 1
 * @param deviations how many deviations above the mean are accepted
 * @param deviationMin the least deviation assumed, in units of ln: 0.4 and 6 deviations accept 11
 *     times the usual
 * @param learntMin amounts to learn before the baseline is used
 * @param swingMax an amount is learnt as at most so many times the usual, and at least that part of
 *     it; this bounds the deviation too, at ln(swingMax): 3 and 6 deviations never accept more than
 *     729 times the usual
 */
public record BaselineTuning(
        @Default("0.03") double weight,
        @Default("6") double deviations,
        @Default("0.4") double deviationMin,
        @Default("8") int learntMin,
        @Default("3") double swingMax) {
    public BaselineTuning {
        require(weight > 0 && weight <= 1, "weight must be above 0 and at most 1", weight);
        require(deviations > 0, "deviations must be positive", deviations);
        require(deviationMin > 0, "deviationMin must be positive", deviationMin);
        require(learntMin >= 1, "learntMin must be at least 1", learntMin);
        require(swingMax > 1, "swingMax must be above 1", swingMax);
    }

    private static void require(boolean holds, String rule, double value) {
        if (!holds) {
            throw new IllegalArgumentException(rule + ": " + value);
        }
    }
}
