package dev.sallyport.schema.sign;

import dev.sallyport.schema.crypto.CryptoProvider;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;

/**
 * Who computes Ed25519 (RFC 8032). Keys are read, checked and written by Bouncy Castle in either
 * case, so that both accept the same keys.
 */
sealed interface Ed25519 permits NativeEd25519, PortableEd25519 {
    /** Signs with one key; safe for use by many threads. */
    interface Signer {
        byte[] sign(byte[] bytes);
    }

    /** Verifies with one key; safe for use by many threads. */
    interface Verifier {
        boolean verifies(byte[] bytes, byte[] signature);
    }

    /** The one that this process uses. */
    static Ed25519 chosen() {
        return CryptoProvider.chosen()
                .nativeSignatures()
                .<Ed25519>map(NativeEd25519::new)
                .orElseGet(PortableEd25519::new);
    }

    Signer signer(Ed25519PrivateKeyParameters key);

    Verifier verifier(Ed25519PublicKeyParameters key);
}
