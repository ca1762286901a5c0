package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.net.InetAddress;

/**
 * Addresses that have their first bits in common, as CIDR writes them (RFC 4632 section 3.1, RFC
 * 4291 section 2.3).
 *
 * @param address one of them
 * @param bits how many bits
 */
public record Network(InetAddress address, int bits) {
    public Network {
        int all = address.getAddress().length * Byte.SIZE;
        if (bits < 0 || bits > all) {
            throw new IllegalArgumentException(
                    "a network of this kind has 0 to %d bits: %d".formatted(all, bits));
        }
    }

    /**
     * Reads {@code 10.0.0.0/8}, or one address. No name is looked up.
     *
     * @throws IllegalArgumentException if it is neither
     */
    @JsonCreator
    public static Network of(String text) {
        try {
            int slash = text.indexOf('/');
            InetAddress address =
                    InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
            return new Network(
                    address,
                    slash < 0
                            ? address.getAddress().length * Byte.SIZE
                            : Integer.parseInt(text.substring(slash + 1)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "a network is an address such as 10.1.2.3, or 10.0.0.0/8: " + text, e);
        }
    }

    /** Whether the address is one of them. */
    public boolean contains(InetAddress other) {
        byte[] mine = address.getAddress();
        byte[] its = other.getAddress();
        if (mine.length != its.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> (bit % Byte.SIZE);
            if (((mine[bit / Byte.SIZE] ^ its[bit / Byte.SIZE]) & mask) != 0) {
                return false;
            }
        }
        return true;
    }

    @JsonValue
    @Override
    public String toString() {
        return address.getHostAddress() + "/" + bits;
    }
}
