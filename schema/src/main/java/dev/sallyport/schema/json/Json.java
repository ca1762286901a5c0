package dev.sallyport.schema.json;

import com.fasterxml.jackson.annotation.JsonInclude;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/**
 * The one JSON mapper: members in the order of a record's components, absent instead of null,
 * instants as RFC 3339 text, duplicate members refused, nesting and sizes bounded. Unknown members
 * are passed over, so that an older reader understands a newer writer.
 */
public final class Json {
    /** How deep arrays and objects may nest in anything that we read. */
    public static final int NESTING_MAX = 64;

    /** Characters of the longest number in anything that we read. */
    public static final int NUMBER_CHARS_MAX = 100;

    /**
     * Bytes of the longest name of a member in anything that we read, or characters where it is
     * read from text. The parser keeps up to 6,000 names for all later documents, and would keep
     * names of any length.
     */
    public static final int NAME_BYTES_MAX = 256;

    private static final JsonMapper MAPPER =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(NESTING_MAX)
                                                    .maxNumberLength(NUMBER_CHARS_MAX)
                                                    .maxNameLength(NAME_BYTES_MAX)
                                                    .build())
                                    .enable(
                                            tools.jackson.core.StreamReadFeature
                                                    .STRICT_DUPLICATE_DETECTION)
                                    .build())
                    .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .changeDefaultPropertyInclusion(
                            inclusion -> inclusion.withValueInclusion(JsonInclude.Include.NON_NULL))
                    .build();

    private static final ObjectReader EXACT =
            MAPPER.reader().with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private Json() {}

    /** The mapper; it is immutable and shared between threads. */
    public static JsonMapper mapper() {
        return MAPPER;
    }

    /** Reads a decimal as it was written, not as the double next to it. */
    public static ObjectReader exact() {
        return EXACT;
    }
}
