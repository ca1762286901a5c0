package dev.sallyport.monitor.detect;

/** What the slow volume detector keeps of a principal: the same as the other, twice. */
public record SlowVolumeState(VolumeState hour, VolumeState day) {}
