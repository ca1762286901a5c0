package dev.sallyport.schema.sign;

import dev.sallyport.schema.SchemaException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;

/** A provider's, with keys in the provider's own form. A new {@link Signature} costs nothing. */
record NativeEd25519(Provider provider) implements Ed25519 {
    private static final String ALGORITHM = "Ed25519";

    @Override
    public Signer signer(Ed25519PrivateKeyParameters key) {
        PrivateKey own;
        try {
            own =
                    KeyFactory.getInstance(ALGORITHM, provider)
                            .generatePrivate(
                                    new PKCS8EncodedKeySpec(
                                            // version 1, without the public half: all read it
                                            PrivateKeyInfoFactory.createPrivateKeyInfo(key)
                                                    .getEncoded()));
        } catch (GeneralSecurityException | IOException e) {
            // without the cause: its message may quote the key
            throw new SchemaException(
                    "key_malformed", "a private key is not accepted by " + provider.getName());
        }
        return bytes -> {
            try {
                Signature signature = Signature.getInstance(ALGORITHM, provider);
                signature.initSign(own);
                signature.update(bytes);
                return signature.sign();
            } catch (GeneralSecurityException e) {
                throw new SchemaException("signature_failed", "it could not be signed", e);
            }
        };
    }

    @Override
    public Verifier verifier(Ed25519PublicKeyParameters key) {
        PublicKey own;
        try {
            own =
                    KeyFactory.getInstance(ALGORITHM, provider)
                            .generatePublic(
                                    new X509EncodedKeySpec(
                                            SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(
                                                            key)
                                                    .getEncoded()));
        } catch (GeneralSecurityException | IOException e) {
            throw new SchemaException(
                    "key_malformed", "a public key is not accepted by " + provider.getName(), e);
        }
        return (bytes, signature) -> {
            try {
                Signature verifier = Signature.getInstance(ALGORITHM, provider);
                verifier.initVerify(own);
                verifier.update(bytes);
                return verifier.verify(signature);
            } catch (SignatureException e) {
                return false; // malformed
            } catch (GeneralSecurityException e) {
                throw new SchemaException("signature_failed", "it could not be verified", e);
            }
        };
    }
}
