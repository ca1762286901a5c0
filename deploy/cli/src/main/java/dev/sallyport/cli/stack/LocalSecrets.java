package dev.sallyport.cli.stack;

import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.secret.Secret;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.sign.SigningKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.function.Supplier;

/** The local stack's secrets: made at the first start, one file each that nobody else may read. */
final class LocalSecrets {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int PASSWORD_BYTES = 24;
    private static final int KEY_BYTES = 32;

    private final Path folder;

    LocalSecrets(Path folder) {
        this.folder = folder;
        try {
            Files.createDirectories(
                    folder,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new UncheckedIOException("the folder " + folder + " cannot be made", e);
        }
    }

    Path folder() {
        return folder;
    }

    SecretReference reference(String name) {
        return new SecretReference("file:" + folder.resolve(name).toAbsolutePath());
    }

    Secret password(String name) {
        return keep(
                name,
                () ->
                        new Secret(
                                Base64.getUrlEncoder()
                                        .withoutPadding()
                                        .encodeToString(random(PASSWORD_BYTES))));
    }

    /** A key of 32 bytes in base64. */
    Secret key(String name) {
        return keep(name, () -> new Secret(Base64.getEncoder().encodeToString(random(KEY_BYTES))));
    }

    Secret keyEncryptionKey(String name) {
        return keep(name, KeyEncryptionKey::generate);
    }

    /** An Ed25519 private key; the public one stands beside it with the suffix {@code .pub}. */
    Secret signingKey(String name) {
        return keep(
                name,
                () -> {
                    SigningKey key = SigningKey.generate();
                    keep(name + ".pub", () -> new Secret(key.verifyingKey().text()));
                    return key.text();
                });
    }

    /** The key that signs checkpoints, in the form of C2SP signed notes. */
    Secret noteKey(String name, String origin) {
        return keep(name, () -> new Secret(NoteSigner.generate(origin, RANDOM)));
    }

    /** The public half of a signing key. */
    String publicKey(String name) {
        signingKey(name);
        return read(name + ".pub");
    }

    private String read(String name) {
        try {
            return Files.readString(folder.resolve(name)).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("the file " + name + " cannot be read in " + folder, e);
        }
    }

    /** What stands in the file, or what is made now and kept. */
    private synchronized Secret keep(String name, Supplier<Secret> make) {
        Path file = folder.resolve(name);
        try {
            if (!Files.exists(file)) {
                Path fresh = folder.resolve(name + ".new");
                Files.deleteIfExists(fresh);
                Files.createFile(
                        fresh,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
                Files.write(
                        fresh,
                        make.get().value().getBytes(StandardCharsets.UTF_8),
                        StandardOpenOption.WRITE);
                Files.move(fresh, file);
            }
            return new Secret(Files.readString(file).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the secret file " + file + " cannot be read or made", e);
        }
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }
}
