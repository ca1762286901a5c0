package dev.sallyport.schema.event;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    @Test
    void aWellFormedContextIsKept() {
        TraceContext context = TraceContext.ofHeaders(PARENT, "a=1, b=~");
        assertThat(context).isEqualTo(new TraceContext(PARENT, "a=1, b=~"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319cb-7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331+01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-"
            })
    void aMalformedParentIsNoContext(String parent) {
        assertThat(TraceContext.ofHeaders(parent, null)).isNull();
    }

    @Test
    void aMalformedStateIsDropped() {
        for (String state : new String[] {"", "a=\n", "a=\u00e4", "a".repeat(513)}) {
            assertThat(TraceContext.ofHeaders(PARENT, state))
                    .isEqualTo(new TraceContext(PARENT, null));
        }
        assertThat(new TraceContext(PARENT, "a".repeat(512)).tracestate()).hasSize(512);
    }
}
