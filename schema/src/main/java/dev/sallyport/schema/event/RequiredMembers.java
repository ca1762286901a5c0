package dev.sallyport.schema.event;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.AnnotationIntrospector;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedParameter;
import tools.jackson.databind.introspect.NopAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;

/**
 * What must be there in a document: every component of a record that is not {@link Nullable}, and
 * every element of a list. Jackson asks once a type, so reading an event costs nothing more.
 */
final class RequiredMembers extends NopAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    private static final JsonSetter.Value REQUIRED =
            JsonSetter.Value.construct(Nulls.FAIL, Nulls.FAIL);
    private static final JsonSetter.Value NULLABLE =
            JsonSetter.Value.construct(Nulls.SET, Nulls.FAIL);

    private RequiredMembers() {}

    /**
     * A mapper that reads like the given one, and refuses with an {@link
     * tools.jackson.databind.exc.InvalidNullException} what lacks a required member.
     */
    static JsonMapper in(JsonMapper mapper) {
        return mapper.rebuild()
                .annotationIntrospector(
                        AnnotationIntrospector.pair(
                                new RequiredMembers(),
                                mapper.deserializationConfig().getAnnotationIntrospector()))
                .build();
    }

    @Override
    public JsonSetter.Value findSetterInfo(MapperConfig<?> config, Annotated annotated) {
        return component(annotated)
                .filter(component -> !component.getType().isPrimitive())
                .map(component ->
                        component.getAnnotatedType().isAnnotationPresent(Nullable.class)
                                ? NULLABLE
                                : REQUIRED)
                .orElse(JsonSetter.Value.empty());
    }

    private static Optional<RecordComponent> component(Annotated annotated) {
        if (!(annotated instanceof AnnotatedMember member)
                || !member.getDeclaringClass().isRecord()) {
            return Optional.empty();
        }
        var components = member.getDeclaringClass().getRecordComponents();
        if (annotated instanceof AnnotatedParameter parameter) {
            return parameter.getIndex() < components.length
                    ? Optional.of(components[parameter.getIndex()])
                    : Optional.empty();
        }
        return Arrays.stream(components)
                .filter(component -> component.getName().equals(member.getName()))
                .findFirst();
    }
}
