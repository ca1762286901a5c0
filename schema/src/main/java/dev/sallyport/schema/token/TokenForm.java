package dev.sallyport.schema.token;

import dev.sallyport.schema.json.Json;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What a JWT must look like before a library decodes it: three parts, of which header and claims
 * are JSON objects in UTF-8 without duplicate members (RFC 7515 section 4, RFC 7519 section 4), and
 * the members that decide have their type. The decoder takes the last of several members and the
 * text of a number, and fails in ways of its own on times that no calendar has.
 */
final class TokenForm {
    private static final List<String> HEADER_TEXTS = List.of("alg", "typ", "kid");
    private static final List<String> CLAIM_TEXTS = List.of("iss", "sub");
    private static final List<String> TIMES = List.of("exp", "nbf", "iat");

    /** The end of the year 9999; later times are most often given in milliseconds. */
    private static final long SECONDS_MAX = 253_402_300_799L;

    private static final String NOT_A_JWT = "the bearer token is not a JWT";

    private TokenForm() {}

    /** What is wrong with the token's form; empty where it can be decoded. */
    static Optional<String> fault(String token) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3 || !Stream.of(parts).allMatch(TokenForm::isBase64Url)) {
            return Optional.of(NOT_A_JWT);
        }
        JsonNode header = object(parts[0]);
        JsonNode claims = object(parts[1]);
        if (header == null || claims == null) {
            return Optional.of(NOT_A_JWT);
        }
        if (!areTexts(header, HEADER_TEXTS) || !areTexts(claims, CLAIM_TEXTS)) {
            return Optional.of("the token's alg, typ, kid, iss and sub must be texts");
        }
        return areTimes(claims)
                ? Optional.empty()
                : Optional.of(
                        "the token's exp, nbf and iat must be numbers of seconds since 1970, before the year 10000");
    }

    /** RFC 7515 section 2: without padding, line breaks and white space. */
    private static boolean isBase64Url(String part) {
        return part.chars()
                .allMatch(c ->
                        (c >= 'a' && c <= 'z')
                                || (c >= 'A' && c <= 'Z')
                                || (c >= '0' && c <= '9')
                                || c == '-'
                                || c == '_');
    }

    private static @Nullable JsonNode object(String base64) {
        try {
            byte[] utf8 = Base64.getUrlDecoder().decode(base64);
            String text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
            JsonNode json = Json.mapper().readTree(text);
            return json.isObject() ? json : null;
        } catch (IllegalArgumentException | CharacterCodingException | JacksonException e) {
            return null;
        }
    }

    private static boolean areTexts(JsonNode object, List<String> names) {
        for (String name : names) {
            JsonNode value = object.path(name);
            if (!isAbsent(value) && !value.isString()) {
                return false;
            }
        }
        return true;
    }

    private static boolean areTimes(JsonNode claims) {
        for (String name : TIMES) {
            JsonNode value = claims.path(name);
            if (!isAbsent(value)
                    && !(value.isNumber() && Math.abs(value.doubleValue()) <= SECONDS_MAX)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAbsent(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }
}
