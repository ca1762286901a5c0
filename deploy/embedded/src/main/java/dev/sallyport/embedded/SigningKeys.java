package dev.sallyport.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.proc.SecurityContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import no.nav.security.mock.oauth2.token.KeyProvider;
import org.jspecify.annotations.Nullable;

/**
 * One RSA key an issuer, made here and kept in the data folder, so that tokens stay valid over a
 * restart. The keys that the server brings along are in its published jar: everybody has them, so
 * they are not used.
 */
final class SigningKeys extends KeyProvider {

    private static final int KEY_BITS = 2048;
    // Anyone who may ask this server for a token may name an issuer, and each costs a key.
    private static final int ISSUERS_MAX = 1000;

    private final Path folder;
    private final Map<String, RSAKey> keys = new ConcurrentHashMap<>();

    SigningKeys(Path folder) {
        super(List.of());
        this.folder = folder;
    }

    RSAKey keyOf(String issuer) {
        return keys.computeIfAbsent(EmbeddedOAuth.checkedTenant(issuer), this::loadOrMake);
    }

    @Override
    public JWK signingKey(String issuer) {
        return keyOf(issuer);
    }

    @Override
    public JWSAlgorithm algorithm() {
        return JWSAlgorithm.RS256;
    }

    @Override
    public String keyType() {
        return "RSA";
    }

    @Override
    public void generate(String algorithm) {
        throw new UnsupportedOperationException("the signing algorithm of this server is RS256");
    }

    @Override
    public List<JWK> get(@Nullable JWKSelector selector, @Nullable SecurityContext context) {
        JWKSet all = new JWKSet(List.copyOf(keys.values()));
        return selector == null ? all.getKeys() : selector.select(all);
    }

    private RSAKey loadOrMake(String issuer) {
        Path file = folder.resolve(issuer + ".json");
        try {
            if (Files.exists(file)) {
                return RSAKey.parse(Files.readString(file, UTF_8));
            }
            if (keys.size() >= ISSUERS_MAX) {
                throw new EmbeddedException(
                        EmbeddedException.Code.BAD_VALUE,
                        "this server has its %d issuers already".formatted(ISSUERS_MAX));
            }
            RSAKey made =
                    new RSAKeyGenerator(KEY_BITS)
                            .keyUse(KeyUse.SIGNATURE)
                            .algorithm(JWSAlgorithm.RS256)
                            .keyIDFromThumbprint(true)
                            .generate();
            Files.createDirectories(folder);
            Path next = folder.resolve(issuer + ".next");
            Files.deleteIfExists(next);
            Files.createFile(
                    next,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            Files.writeString(next, made.toJSONString(), UTF_8, StandardOpenOption.WRITE);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            return made;
        } catch (IOException | ParseException | JOSEException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot read or make the signing key %s (%s): delete the file to have a new key made"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }
}
