package dev.sallyport.schema.event;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.seal.Sealed;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Random values for every record of the contract, from a seed, so that a failure can be repeated.
 */
public final class RandomRecords {
    private static final String CHARACTERS =
            "abcXYZ 019'\"\\/{}[]<>;:-_.,\u0000\n\t\u00e9\u4e2d\u2028\ud83d\ude00";

    private final Random random;

    public RandomRecords(long seed) {
        this.random = new Random(seed);
    }

    public Event<?> event(EventType type) {
        boolean signed =
                switch (type) {
                    case CALL_AUTHORIZED,
                            CALL_WITHDRAWN,
                            APPROVAL_REQUESTED,
                            APPROVAL_GRANTED,
                            APPROVAL_DENIED ->
                            true;
                    default -> false;
                };
        TraceContext trace =
                random.nextBoolean()
                        ? null
                        : new TraceContext(
                                "00-" + hex(32) + "-" + hex(16) + "-01",
                                random.nextBoolean() ? null : "a=1");
        return new Event<>(
                EventId.next(),
                "/gateway/" + name(),
                Instant.ofEpochSecond(
                        random.nextLong(4_000_000_000L), random.nextInt(1_000_000_000)),
                new TenantId(name()),
                trace,
                signed ? new GatewayId(name()) : null,
                record(type.payload()));
    }

    public <R> R record(Class<R> kind) {
        RecordComponent[] components = kind.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        @Nullable Object[] values = new @Nullable Object[components.length];
        Ended ended = List.of(Ended.values()).get(random.nextInt(Ended.values().length));
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = component(components[i], ended);
        }
        try {
            return kind.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(kind + " cannot be made of " + List.of(components), e);
        }
    }

    private @Nullable Object component(RecordComponent component, Ended ended) {
        AnnotatedType type = component.getAnnotatedType();
        if (component.getDeclaringRecord() == CallSettled.class) {
            // the two go together: a code stands just where the call did not succeed
            if (component.getName().equals("ended")) {
                return ended;
            }
            if (component.getName().equals("code")) {
                return ended == Ended.SUCCEEDED ? null : "failed_somehow";
            }
        }
        if (type.isAnnotationPresent(Nullable.class) && random.nextInt(3) == 0) {
            return null;
        }
        if (component.getType() == List.class) {
            Class<?> element =
                    (Class<?>)
                            ((AnnotatedParameterizedType) type)
                                    .getAnnotatedActualTypeArguments()[0].getType();
            List<Object> list = new ArrayList<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                list.add(value(element));
            }
            return list;
        }
        return value(component.getType());
    }

    private Object value(Class<?> type) {
        if (type == String.class) {
            return text(1 + random.nextInt(30));
        } else if (type == Boolean.class) {
            return true; // one that may be absent is never false
        } else if (type == int.class || type == Integer.class) {
            return 1 + random.nextInt(1_000_000);
        } else if (type == long.class || type == Long.class) {
            return random.nextLong(Long.MAX_VALUE);
        } else if (type == double.class) {
            return random.nextDouble() * 1e6;
        } else if (type == boolean.class) {
            return random.nextBoolean();
        } else if (type == Instant.class) {
            return Instant.ofEpochSecond(
                    random.nextLong(4_000_000_000L), random.nextInt(1_000_000_000));
        } else if (type == CallId.class) {
            return CallId.next();
        } else if (type == DatabaseName.class) {
            return new DatabaseName(name());
        } else if (type == GatewayId.class) {
            return new GatewayId(name());
        } else if (type == Sealed.class) {
            return new Sealed("v1." + name() + "." + hex(80));
        } else if (type.isEnum()) {
            return type.getEnumConstants()[random.nextInt(type.getEnumConstants().length)];
        }
        return record(type);
    }

    String text(int length) {
        StringBuilder text = new StringBuilder("t");
        for (int i = 1; i < length; i++) {
            int at =
                    CHARACTERS.offsetByCodePoints(
                            0, random.nextInt(CHARACTERS.codePointCount(0, CHARACTERS.length())));
            text.appendCodePoint(CHARACTERS.codePointAt(at));
        }
        return text.toString();
    }

    private String name() {
        return "n" + hex(1 + random.nextInt(20));
    }

    private String hex(int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append("0123456789abcdef".charAt(random.nextInt(16)));
        }
        return text.toString();
    }
}
