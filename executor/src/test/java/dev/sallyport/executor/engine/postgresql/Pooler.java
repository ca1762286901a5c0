package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.embedded.TestServers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands before the test server and does to the start of a session what connection poolers do. */
final class Pooler implements AutoCloseable {
    private static final int ENCRYPTION_ASKED_FROM = 80_877_103;
    private static final int ENCRYPTION_ASKED_TO = 80_877_104;

    /** What it does to a session. */
    enum Manner {
        /** Refuses start-up options, as PgBouncer does. */
        REFUSES_OPTIONS("08P01", "unsupported startup parameter: options"),
        /** The same in newer versions, which name the setting. */
        REFUSES_AN_OPTION("08P01", "unsupported startup parameter in options: row_security"),
        /** As a server that does not know a setting. */
        KNOWS_NOT_A_SETTING(
                "42704",
                "unrecognized configuration parameter \"client_connection_check_interval\""),
        /** Drops the options, and tells a process number of its own, as told to ignore them. */
        HAS_A_PROCESS_NUMBER_OF_ITS_OWN("", "");

        private final String sqlState;
        private final String words;

        Manner(String sqlState, String words) {
            this.sqlState = sqlState;
            this.words = words;
        }
    }

    private final Manner manner;
    private final ServerSocket listening;
    private final List<Socket> open = new CopyOnWriteArrayList<>();

    Pooler(Manner manner) throws IOException {
        this.manner = manner;
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("pooler").start(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listening.accept();
                open.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket client) {
        try (client) {
            var in = new DataInputStream(client.getInputStream());
            var out = new DataOutputStream(client.getOutputStream());
            byte[] start = start(in, out);
            if (manner == Manner.HAS_A_PROCESS_NUMBER_OF_ITS_OWN) {
                passOn(in, out, withoutOptions(start));
            } else {
                refuse(out);
            }
        } catch (IOException e) {
            // the other end went away
        }
    }

    /** The body of the start-up message; encryption is not offered. */
    private static byte[] start(DataInputStream in, DataOutputStream out) throws IOException {
        while (true) {
            byte[] body = new byte[in.readInt() - 4];
            in.readFully(body);
            int code =
                    ((body[0] & 0xff) << 24)
                            | ((body[1] & 0xff) << 16)
                            | ((body[2] & 0xff) << 8)
                            | (body[3] & 0xff);
            if (code < ENCRYPTION_ASKED_FROM || code > ENCRYPTION_ASKED_TO) {
                return body;
            }
            out.write('N');
            out.flush();
        }
    }

    private void refuse(DataOutputStream out) throws IOException {
        byte[] fields =
                ("SFATAL\0VFATAL\0C" + manner.sqlState + "\0M" + manner.words + "\0\0")
                        .getBytes(StandardCharsets.UTF_8);
        out.write('E');
        out.writeInt(4 + fields.length);
        out.write(fields);
        out.flush();
    }

    private static byte[] withoutOptions(byte[] start) throws IOException {
        String[] words =
                new String(start, 4, start.length - 4, StandardCharsets.UTF_8).split("\0", -1);
        var kept = new ByteArrayOutputStream();
        kept.write(start, 0, 4);
        for (int i = 0; i + 1 < words.length && !words[i].isEmpty(); i += 2) {
            if (!words[i].equals("options")) {
                kept.write(
                        (words[i] + "\0" + words[i + 1] + "\0").getBytes(StandardCharsets.UTF_8));
            }
        }
        kept.write(0);
        return kept.toByteArray();
    }

    private void passOn(DataInputStream in, DataOutputStream out, byte[] start) throws IOException {
        int port =
                URI.create(TestServers.postgres().jdbcUrl("x").substring("jdbc:".length()))
                        .getPort();
        try (Socket server = new Socket(InetAddress.getLoopbackAddress(), port)) {
            open.add(server);
            var toServer = new DataOutputStream(server.getOutputStream());
            toServer.writeInt(4 + start.length);
            toServer.write(start);
            toServer.flush();
            Thread.ofVirtual()
                    .start(() -> {
                        try (server) {
                            in.transferTo(toServer);
                        } catch (IOException e) {
                            // the other end went away
                        }
                    });
            answers(new DataInputStream(server.getInputStream()), out);
        }
    }

    /** Message by message, and the one with the process number is altered. */
    private static void answers(DataInputStream server, DataOutputStream out) throws IOException {
        while (true) {
            int type = server.read();
            if (type < 0) {
                return;
            }
            byte[] body = new byte[server.readInt() - 4];
            server.readFully(body);
            if (type == 'K') {
                body[3] ^= 1;
            }
            out.write(type);
            out.writeInt(4 + body.length);
            out.write(body);
            out.flush();
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
