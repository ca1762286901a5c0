package dev.sallyport.monitor.detect;

import dev.sallyport.schema.id.CallId;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.UUID;

/** A call's id as the 16 bytes of its UUID. */
final class CallIdBytes {
    private CallIdBytes() {}

    static void write(CallId call, DataOutput out) throws IOException {
        out.writeLong(call.value().getMostSignificantBits());
        out.writeLong(call.value().getLeastSignificantBits());
    }

    static CallId read(DataInput in) throws IOException {
        return new CallId(new UUID(in.readLong(), in.readLong()));
    }
}
