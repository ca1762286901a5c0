package dev.sallyport.gateway.edge;

import dev.sallyport.schema.registry.Network;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Where a request comes from: the address that its connection comes from, or, where that is a proxy
 * that the configuration names, the one that the proxy saw. Of the addresses in {@code
 * X-Forwarded-For} only those count that named proxies appended: the last one that is none of
 * theirs. Whatever a client wrote there itself stands before it.
 */
final class Addresses {

    private static final String FORWARDED = "X-Forwarded-For";

    /** More hops than there are proxies in a row; a longer list is the client's. */
    private static final int HOPS_MAX = 20;

    private final List<Network> trusted;

    /**
     * @param trustedProxies addresses, or networks such as {@code 10.0.0.0/8}
     * @throws IllegalArgumentException if one is neither
     */
    Addresses(List<String> trustedProxies) {
        this.trusted = trustedProxies.stream().map(Network::of).toList();
    }

    /** The address that the request counts under, as events tell it. */
    String of(HttpServletRequest request) {
        String peer = request.getRemoteAddr();
        if (trusted.isEmpty() || !isTrusted(peer)) {
            return peer;
        }
        List<String> hops = hops(request);
        String seen = peer;
        for (int i = hops.size() - 1; i >= Math.max(0, hops.size() - HOPS_MAX); i--) {
            String hop = hops.get(i);
            if (!isAddress(hop)) {
                return seen;
            }
            seen = InetAddress.ofLiteral(hop).getHostAddress();
            if (!isTrusted(hop)) {
                return seen;
            }
        }
        return seen;
    }

    private static List<String> hops(HttpServletRequest request) {
        List<String> hops = new ArrayList<>();
        for (String line : Collections.list(request.getHeaders(FORWARDED))) {
            for (String hop : line.split(",", -1)) {
                hops.add(hop.strip());
            }
        }
        return hops;
    }

    private boolean isTrusted(String address) {
        if (!isAddress(address)) {
            return false;
        }
        InetAddress literal = InetAddress.ofLiteral(address);
        return trusted.stream().anyMatch(network -> network.contains(literal));
    }

    private static boolean isAddress(String text) {
        try {
            // no name is looked up
            var _ = InetAddress.ofLiteral(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
