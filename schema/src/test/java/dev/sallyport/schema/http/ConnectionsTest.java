package dev.sallyport.schema.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class ConnectionsTest {
    @Test
    void whoHasOneIpv6AddressHasItsNetwork() throws UnknownHostException {
        String one = Connections.network(InetAddress.getByName("2001:db8:0:1::1"));
        assertThat(Connections.network(InetAddress.getByName("2001:db8:0:1:ffff::9")))
                .isEqualTo(one);
        assertThat(Connections.network(InetAddress.getByName("2001:db8:0:2::1"))).isNotEqualTo(one);
        assertThat(Connections.network(InetAddress.getByName("192.0.2.1")))
                .isNotEqualTo(Connections.network(InetAddress.getByName("192.0.2.2")));
    }
}
