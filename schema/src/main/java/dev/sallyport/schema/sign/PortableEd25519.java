package dev.sallyport.schema.sign;

import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/** Bouncy Castle's, through its lightweight API. */
record PortableEd25519() implements Ed25519 {
    @Override
    public Signer signer(Ed25519PrivateKeyParameters key) {
        return bytes -> {
            var signer = new Ed25519Signer();
            signer.init(true, key);
            signer.update(bytes, 0, bytes.length);
            return signer.generateSignature();
        };
    }

    @Override
    public Verifier verifier(Ed25519PublicKeyParameters key) {
        return (bytes, signature) -> {
            var verifier = new Ed25519Signer();
            verifier.init(false, key);
            verifier.update(bytes, 0, bytes.length);
            return verifier.verifySignature(signature);
        };
    }
}
