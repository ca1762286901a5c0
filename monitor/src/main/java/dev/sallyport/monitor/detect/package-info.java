/** What counts as suspicious: detectors as pure functions from what was seen to what it means. */
@NullMarked
package dev.sallyport.monitor.detect;

import org.jspecify.annotations.NullMarked;
