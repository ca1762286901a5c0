package dev.sallyport.audit.search;

import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.schema.id.TenantId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What many entries of a tenant have in common: all of their facts but time, call and rows. It is
 * stored once, so that the words of a statement are cut and indexed once and not for each call.
 *
 * @param id sealed, of the tenant and of everything that the entries have in common: nobody else
 *     can foresee it and put another description in its place
 * @param tenant whose entries they are
 * @param facts the facts of one of these entries
 */
public record Description(UUID id, TenantId tenant, Facts facts) {
    private static final byte ABSENT = 0;
    private static final byte PRESENT = 1;

    /** The description of an entry of the tenant that has these facts. */
    public static Description of(TenantId tenant, Facts facts, RowSeal seal) {
        var digest = sha256();
        add(digest, tenant.value());
        add(digest, facts.kind());
        add(digest, facts.principal());
        add(digest, facts.client());
        add(digest, facts.tool());
        add(digest, facts.database().map(name -> name.value()));
        add(digest, facts.statementClass());
        add(digest, facts.outcome());
        add(digest, facts.code());
        add(digest, facts.fingerprint());
        add(digest, facts.detail());
        add(digest, facts.tables());
        add(digest, facts.further());
        String content = HexFormat.of().formatHex(digest.digest());
        var bytes = ByteBuffer.wrap(seal.of("description", content));
        return new Description(new UUID(bytes.getLong(), bytes.getLong()), tenant, facts);
    }

    private static void add(MessageDigest digest, Optional<String> text) {
        if (text.isPresent()) {
            digest.update(PRESENT);
            add(digest, text.get());
        } else {
            digest.update(ABSENT);
        }
    }

    private static void add(MessageDigest digest, List<String> texts) {
        addLength(digest, texts.size());
        texts.forEach(text -> add(digest, text));
    }

    private static void add(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        // with its length, so that no two texts can be taken for one
        addLength(digest, bytes.length);
        digest.update(bytes);
    }

    private static void addLength(MessageDigest digest, int length) {
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(length).flip());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java platform has SHA-256", missing);
        }
    }
}
