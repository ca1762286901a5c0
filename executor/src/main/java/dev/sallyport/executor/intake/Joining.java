package dev.sallyport.executor.intake;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.common.Configurable;

/**
 * Whether the intake's consumer is about joining its group. It keeps its partitions meanwhile, and
 * its heartbeats' thread may end a join before the intake's thread hears of it: what is committed
 * then is taken though the group may have expelled this member and given its partitions away. Used
 * by the intake's thread alone.
 */
public final class Joining {
    private static final String SETTING = "sallyport.joining";

    private boolean underWay;

    /** What the consumer's settings must have. */
    public Map<String, Object> settings() {
        return Map.of(
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                Announcing.class.getName(),
                SETTING,
                this);
    }

    boolean isUnderWay() {
        return underWay;
    }

    void begun() {
        underWay = true;
    }

    /** The listener of the consumer was told of its partitions. */
    void ended() {
        underWay = false;
    }

    /** The assignor, which is asked for its part of each request to join. */
    public static final class Announcing extends CooperativeStickyAssignor implements Configurable {
        private Joining joining = new Joining();

        @Override
        public void configure(Map<String, ?> settings) {
            if (settings.get(SETTING) instanceof Joining given) {
                joining = given;
            }
        }

        @Override
        public ByteBuffer subscriptionUserData(Set<String> topics) {
            joining.begun();
            return super.subscriptionUserData(topics);
        }
    }
}
