package dev.sallyport.schema.crypto;

import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.Security;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The libraries that compute cryptography in this process, decided once, on first use, and told in
 * one line of the log. Signatures come from the Amazon Corretto Crypto Provider where its native
 * part can be loaded; elsewhere Ed25519 comes from Bouncy Castle, and RSA and ECDSA from the JDK.
 * Both ways make and accept the same signatures. AES-GCM and HMAC always come from the JDK, which
 * is the fastest at them (decision 0014).
 *
 * <p>A native provider is also registered with the JDK, before the JDK's own RSA and ECDSA: the
 * libraries that verify access tokens and speak TLS ask there.
 */
public final class CryptoProvider {
    /** A system property: with the value {@code portable} nothing native is loaded. */
    public static final String PROPERTY = "sallyport.crypto";

    private static final String PORTABLE = "portable";
    private static final String CORRETTO =
            "com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider";

    /** Without it the provider takes Ed25519 keys apart again for every signature. */
    private static final String CORRETTO_ED25519_KEYS =
            "com.amazon.corretto.crypto.provider.registerEdKeyFactory";

    private static final String AES_GCM = "AES/GCM/NoPadding";
    private static final String HMAC = "HmacSHA256";

    private static final Logger LOG = LoggerFactory.getLogger(CryptoProvider.class);

    private final Optional<Provider> signatures;
    private final Provider ciphers;
    private final Provider macs;

    /** Initialised on first use. */
    private static final class Chosen {
        static final CryptoProvider PROVIDER = install();
    }

    private CryptoProvider(Optional<Provider> signatures) {
        this.signatures = signatures;
        try {
            // asked before a native provider is registered: these are the JDK's
            ciphers = Cipher.getInstance(AES_GCM).getProvider();
            macs = Mac.getInstance(HMAC).getProvider();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has AES-GCM and HmacSHA256", e);
        }
    }

    /** What this process uses. */
    public static CryptoProvider chosen() {
        return Chosen.PROVIDER;
    }

    /** The native provider of Ed25519, RSA and ECDSA; empty where it is not used. */
    public Optional<Provider> nativeSignatures() {
        return signatures;
    }

    /** A new cipher for AES-GCM (NIST SP 800-38D). */
    public Cipher aesGcm() throws GeneralSecurityException {
        return Cipher.getInstance(AES_GCM, ciphers);
    }

    /** A new HMAC-SHA256 (RFC 2104). */
    public Mac hmacSha256() throws GeneralSecurityException {
        return Mac.getInstance(HMAC, macs);
    }

    /** Its name for logs, such as {@code AmazonCorrettoCryptoProvider 2.5.0}. */
    @Override
    public String toString() {
        return signatures
                .map(provider -> provider.getName() + " " + provider.getVersionStr())
                .orElse("Bouncy Castle and the JDK");
    }

    private static CryptoProvider install() {
        CryptoProvider provider =
                choose(System.getProperty(PROPERTY, ""), CryptoProvider::corretto);
        provider.signatures.ifPresent(CryptoProvider::register);
        LOG.atInfo().addKeyValue("provider", provider).log("cryptography chosen");
        return provider;
    }

    /**
     * Decides, without registering anything.
     *
     * @param wanted the property's value
     * @param loaded gives the native provider, or throws where it cannot be loaded
     */
    static CryptoProvider choose(String wanted, Supplier<Provider> loaded) {
        return switch (wanted) {
            case PORTABLE -> new CryptoProvider(Optional.empty());
            case "" -> new CryptoProvider(ifLoaded(loaded));
            default ->
                    throw new IllegalArgumentException(
                            PROPERTY + " must be " + PORTABLE + " or absent: " + wanted);
        };
    }

    private static Optional<Provider> ifLoaded(Supplier<Provider> loaded) {
        try {
            return Optional.of(loaded.get());
        } catch (RuntimeException | LinkageError e) {
            LOG.atWarn()
                    .addKeyValue("cause", e.toString())
                    .log("no native cryptography here: signatures will cost several times more");
            return Optional.empty();
        }
    }

    private static Provider corretto() {
        if (System.getProperty(CORRETTO_ED25519_KEYS) == null) {
            System.setProperty(CORRETTO_ED25519_KEYS, "true");
        }
        Provider provider =
                ServiceLoader.load(Provider.class).stream()
                        .filter(found -> found.type().getName().equals(CORRETTO))
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException("no " + CORRETTO))
                        .get();
        // a provider whose native part did not load has nothing to offer
        if (provider.getService("KeyFactory", "Ed25519") == null) {
            throw new IllegalStateException(provider.getName() + " has no native part for here");
        }
        return provider;
    }

    /** Puts it before the JDK's RSA: what stands before that, such as random numbers, stays. */
    private static void register(Provider provider) {
        Provider rsa = Security.getProviders("Signature.SHA256withRSA")[0];
        Security.insertProviderAt(provider, List.of(Security.getProviders()).indexOf(rsa) + 1);
    }
}
