package dev.sallyport.audit.tree;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A SHA-256 hash in a Merkle tree as RFC 6962, section 2.1, makes it: leaves and nodes are hashed
 * with different prefixes, so that a node can never be passed off as an entry.
 */
public final class Hash {
    /** The length of a hash in bytes. */
    public static final int BYTES = 32;

    private static final byte LEAF_PREFIX = 0;
    private static final byte NODE_PREFIX = 1;

    private final byte[] bytes;

    private Hash(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The hash whose bytes these are; anything but 32 bytes is refused. */
    public static Hash of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a hash has 32 bytes, not " + bytes.length);
        }
        return new Hash(bytes.clone());
    }

    /** The hash of an entry: {@code SHA-256(0x00 || entry)}. */
    public static Hash ofLeaf(byte[] entry) {
        var sha = sha256();
        sha.update(LEAF_PREFIX);
        return new Hash(sha.digest(entry));
    }

    /** The hash of an inner node: {@code SHA-256(0x01 || left || right)}. */
    public static Hash ofNode(Hash left, Hash right) {
        var sha = sha256();
        sha.update(NODE_PREFIX);
        sha.update(left.bytes);
        return new Hash(sha.digest(right.bytes));
    }

    /** The root of the tree without entries: the SHA-256 of nothing. */
    public static Hash ofEmptyTree() {
        return new Hash(sha256().digest());
    }

    /**
     * The hashes that stand one after the other in {@code bytes}; a length that is no multiple of
     * 32 is refused.
     */
    public static List<Hash> split(byte[] bytes) {
        if (bytes.length % BYTES != 0) {
            throw new IllegalArgumentException(
                    "a row of hashes has a multiple of 32 bytes, not " + bytes.length);
        }
        var hashes = new Hash[bytes.length / BYTES];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = new Hash(Arrays.copyOfRange(bytes, i * BYTES, (i + 1) * BYTES));
        }
        return List.of(hashes);
    }

    /** The bytes of these hashes, one after the other: a tile's content. */
    public static byte[] join(List<Hash> hashes) {
        var joined = ByteBuffer.allocate(hashes.size() * BYTES);
        hashes.forEach(hash -> joined.put(hash.bytes));
        return joined.array();
    }

    /** A copy of the 32 bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Hash hash && Arrays.equals(bytes, hash.bytes);
    }

    @Override
    public int hashCode() {
        return ByteBuffer.wrap(bytes).getInt();
    }

    /** The hash in base64, as checkpoints and proofs write it. */
    @Override
    public String toString() {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java platform has SHA-256", missing);
        }
    }
}
