package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * What a person at a terminal is told of approvals; the service's answers are written down here.
 */
final class ApprovalsCommandIT {
    private static final String ID = "019ab12c-0000-7000-8000-000000000001";
    private static final String OPEN = told("open", true);
    private static final List<String> POSTED = new CopyOnWriteArrayList<>();

    private static HttpServer service;

    private static String told(String state, boolean yours) {
        return """
        {"approval":"%s","state":"%s","awaitsYou":%s,"index":12,"stage":"published","check":"as_logged","proved":true,
         "requestedAt":"2026-11-28T05:00:00Z","expires":"2126-11-28T06:00:00Z","requester":{"subject":"al\\u202eice","client":"c"},
         "call":"019ab12c-0000-7000-8000-000000000002","database":"shop","tool":"db_execute","statementClass":"delete","by":"another",
         "approvers":["ben","cid"],"needed":2,"granted":1,"effectDigest":"abc","rowsAffected":20,"complete":true,
         "decisions":[{"index":13,"granted":true,"approver":{"subject":"cid","client":"c"},"by":"another","time":"2026-11-28T05:01:00Z","words":"ok\\u001b[2J"}],
         "uses":[],"altered":[]}
        """
                .formatted(ID, state, yours);
    }

    private static final String WHOLE =
            """
            {"approval":%s,"shown":{"sql":"delete from orders\\nwhere id = $1\\u200b","params":[11],"effect":
             {"rowsAffected":20,"rehearsed":true,"complete":true,"effectDigest":"abc","tables":[{"table":"public.orders","inserted":0,"updated":1,"deleted":20}],
              "changes":[{"table":"public.orders","before":{"id":11,"at":"x"},"after":{"id":11,"at":"y"}}],"changesNotShown":20}},
             "youCannotDeny":{"code":"approval_decided","message":"you decided on this already"}}
            """
                    .formatted(OPEN);

    @BeforeAll
    static void start() throws IOException {
        service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.createContext(
                "/api/v1/approvals",
                exchange -> {
                    String path = exchange.getRequestURI().getPath();
                    if (path.endsWith("/approve")) {
                        POSTED.add(
                                exchange.getRequestHeaders().getFirst("Authorization")
                                        + " "
                                        + new String(
                                                exchange.getRequestBody().readAllBytes(),
                                                StandardCharsets.UTF_8));
                        answer(exchange, 200, told("granted", false));
                    } else if (path.endsWith("/deny")) {
                        answer(
                                exchange,
                                403,
                                "{\"code\":\"approval_own\",\"message\":\"you asked for this yourself\"}");
                    } else if (path.endsWith(ID)) {
                        answer(exchange, 200, WHOLE);
                    } else {
                        answer(exchange, 200, "{\"approvals\":[" + OPEN + "]}");
                    }
                });
        service.start();
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @AfterAll
    static void stop() {
        service.stop(0);
    }

    private record Ended(int code, String out, String err) {}

    private static Ended run(String... arguments) {
        List<String> all = new ArrayList<>(List.of("approvals"));
        all.addAll(List.of(arguments));
        all.addAll(
                List.of(
                        "--url",
                        "http://127.0.0.1:" + service.getAddress().getPort(),
                        "--token",
                        "T"));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return new Ended(line.execute(all.toArray(String[]::new)), out.toString(), err.toString());
    }

    @Test
    void theListSaysWhatWaitsAndForWhom() {
        Ended ended = run("list");

        assertThat(ended.err()).isEmpty();
        assertThat(ended.out())
                .contains(ID + "  open, waits for you")
                .contains("delete on shop, asked for by al<U+202E>ice at 2026-11-28T05:00:00Z")
                .contains("would change 20 rows", "allowed by 1 of 2 needed", "ben, cid");
    }

    @Test
    void allOfAnApprovalIsShownAndNothingInItActsOnTheTerminal() {
        Ended ended = run("show", ID);

        assertThat(ended.err()).isEmpty();
        assertThat(ended.out())
                .contains("    delete from orders\n    where id = $1<U+200B>\n", "$1 = 11")
                .contains("WARNING: characters of it that do not show by themselves: 1")
                .contains("public.orders: 20 deleted, 1 updated")
                .contains("at: \"x\" -> \"y\"", "id: 11", "20 more rows")
                .contains("approved by cid: ok<U+001B>[2J")
                .contains("./sallyport approvals approve " + ID)
                .contains("you cannot deny it: you decided on this already")
                .doesNotContain("\u001b", "\u202e", "\u200b");
    }

    @Test
    void anApprovalIsGivenOnlyByAYes() {
        assertThat(run("approve", ID).err()).contains("not_confirmed");
        assertThat(POSTED).isEmpty();

        Ended ended = run("approve", ID, "--yes", "--note", "seen");

        assertThat(ended.out()).contains("public.orders: 20 deleted", "approved. The caller may");
        assertThat(POSTED).containsExactly("Bearer T {\"note\":\"seen\"}");
        POSTED.clear();
    }

    @Test
    void aRefusalIsToldWithItsCode() {
        Ended ended = run("deny", ID, "--reason", "no");

        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.err()).contains("approval_own: you asked for this yourself");
        assertThat(run("show", "17").code()).isEqualTo(2);
    }
}
