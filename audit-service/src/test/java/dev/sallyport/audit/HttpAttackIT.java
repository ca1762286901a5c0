package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.search.EntryFilter;
import dev.sallyport.audit.search.EntrySearch;
import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.embedded.TestServers;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is sent here no client would send. Kinds B, D, G. */
class HttpAttackIT {
    private static final String SECRET = "select secret_of_acme";
    private static final int TIMEOUT_MILLIS = 10_000;

    private static AuditFixture fixture;
    private static AuditService service;
    private static AuditDatabase database;
    private static TenantId acme;
    private static TenantId globex;
    private static CallId call;

    @BeforeAll
    static void start() throws Exception {
        fixture = new AuditFixture();
        service = fixture.start();
        database = fixture.open();
        acme = fixture.tenant();
        globex = fixture.tenant();
        call = fixture.settle(acme, "alice", "db_query", SECRET);
        fixture.settle(globex, "carol", "db_query", "select 1");
        fixture.awaitPublished(database.jdbi(), acme, 2);
        fixture.awaitPublished(database.jdbi(), globex, 2);
    }

    @AfterAll
    static void stop() {
        database.close();
        service.close();
        fixture.close();
    }

    @ParameterizedTest // case D5
    @ValueSource(
            strings = {
                "Authorization: Bearer nonsense",
                "Host: evil.example",
                "Content-Length: 0\r\nContent-Length: 4",
                "Content-Length: 4\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked, identity",
                "Content-Type: a/b\r\nContent-Type: c/d",
                "Origin: http://127.0.0.1\r\nOrigin: http://evil.example",
                "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site",
                "Host : 127.0.0.1",
                "X: a\u0000b",
                "A\u0001: b",
                ": b",
            })
    void aHeaderThatCanBeReadInTwoWaysIsRefused(String field) throws Exception {
        for (String token : List.of("", bearer(acme))) {
            String answer = get("/api/v1/entries", "127.0.0.1", token + field + "\r\n");

            assertThat(status(answer)).as(answer).isIn(400, 401);
            assertThat(answer)
                    .contains("\"code\":")
                    .doesNotContain(SECRET)
                    .doesNotContainIgnoringCase("jetty")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void twoAuthorizationsOfWhichTheFirstIsGoodAreRefused() throws Exception {
        String answer = get("/api/v1/entries", "127.0.0.1", bearer(acme) + bearer(globex));

        assertThat(status(answer)).isEqualTo(400);
        assertThat(answer).contains("header_repeated", "Authorization");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8082",
                "127.0.0.1.evil.example",
                "localhost.evil.example",
                "audit.test.evil.example",
                "audit.test@evil.example",
                "evil.example@audit.test",
                "audit.test.",
                "audit.test:80:80",
                "audit.test/",
                "[::1].evil.example",
                "127.0.0.1\u00ff",
                "\u00e9",
                "0x7f000001",
                "",
            })
    void aPageWhoseNameWasMadeToPointHereReadsNothing(String host) throws Exception {
        for (String path :
                List.of("/", "/console", "/api/v1/entries", "/log/" + acme + "/checkpoint")) {
            String answer = get(path, host, bearer(acme) + cookie(acme));

            assertThat(status(answer)).as(answer).isIn(400, 421);
            assertThat(answer).doesNotContain(SECRET, acme.value());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "audit.test",
                "AUDIT.TEST:443",
                "localhost",
                "localhost:8082",
                "127.0.0.1",
                "10.0.0.7:8082",
                "[::1]:8082",
                "[2001:db8::1]"
            })
    void itsOwnNameAndAddressesAreGood(String host) throws Exception {
        assertThat(status(get("/api/v1/entries", host, bearer(acme)))).isEqualTo(200);
    }

    @Test
    void healthIsToldUnderAnyName() throws Exception {
        assertThat(status(get("/healthz", "pod-17.cluster", ""))).isEqualTo(200);
    }

    @Test
    void aRequestForAnotherHostThanItsHeaderNamesIsRefused() throws Exception {
        String answer = get("http://evil.example/console", "127.0.0.1", cookie(acme));

        assertThat(status(answer)).as(answer).isIn(400, 421);
    }

    @ParameterizedTest
    @CsvSource({
        "evil.example, http://evil.example, same-origin",
        "127.0.0.1, http://evil.example, same-origin",
        "127.0.0.1, http://evil.example, ",
        "127.0.0.1, null, ",
        "127.0.0.1, , cross-site",
        "127.0.0.1, http://127.0.0.1, same-site",
        "127.0.0.1, http://127.0.0.1:1, ",
        "127.0.0.1, http://127.0.0.1.evil.example, ",
        "127.0.0.1, http://evil.example//127.0.0.1, ",
        "audit.test, https://audit.test.evil.example, ",
    })
    void noPageButOurOwnSignsAnybodyIn(String host, String origin, String site) throws Exception {
        String token = fixture.token(acme, "audit:read");
        String fields =
                (origin == null ? "" : "Origin: " + origin + "\r\n")
                        + (site == null ? "" : "Sec-Fetch-Site: " + site + "\r\n");
        String answer =
                send(request("POST", "/console/sign-in", host, fields + form("token=" + token)));

        assertThat(status(answer)).as(answer).isIn(403, 421);
        assertThat(answer).doesNotContain("Set-Cookie");
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1, same-origin",
        "http://audit.test, ",
        ", same-origin",
        ", ",
    })
    void ourOwnPageDoes(String origin, String site) throws Exception {
        String token = fixture.token(acme, "audit:read");
        String fields =
                (origin == null ? "" : "Origin: " + origin + "\r\n")
                        + (site == null ? "" : "Sec-Fetch-Site: " + site + "\r\n");
        String answer =
                send(
                        request(
                                "POST",
                                "/console/sign-in",
                                "127.0.0.1",
                                fields + form("token=" + token)));

        assertThat(status(answer)).as(answer).isEqualTo(303);
        assertThat(answer).contains("Set-Cookie: sallyport_console=", "HttpOnly");
    }

    @Test // kind B
    void aBodyIsNoLargerThanAFormAndNothingIsKeptOfAnotherKind() throws Exception {
        String multipart =
                "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000000\r\n\r\n--b\r\n";
        String large = form("token=" + "x".repeat(20_000));
        String told =
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 99999999999\r\n\r\n";
        String chunked =
                "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "5000\r\n"
                        + "x".repeat(0x5000)
                        + "\r\n0\r\n\r\n";
        String broken =
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntoken=";

        assertThat(status(signIn(multipart))).isEqualTo(415);
        assertThat(status(signIn(large))).isEqualTo(413);
        assertThat(status(signIn(told))).isEqualTo(413);
        assertThat(status(signIn(chunked))).isEqualTo(413);
        try (var socket = socket()) {
            socket.getOutputStream()
                    .write(bytes(request("POST", "/console/sign-in", "127.0.0.1", broken)));
            socket.shutdownOutput();
            assertThat(status(read(socket))).isEqualTo(400);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "token=%zz",
                "token=a&token=b",
                "token=%ff",
                "token=",
                "",
                "&&&",
                "token",
                "=",
            })
    void aFormThatIsNoneSignsNobodyIn(String body) throws Exception {
        String answer = signIn(form(body));

        assertThat(status(answer)).as(answer).isIn(400, 401);
        assertThat(answer).doesNotContain("Set-Cookie");
    }

    @Test
    void aBodyThatNobodyAskedForIsNotWaitedFor() throws Exception {
        String answer =
                get("/api/v1/entries", "127.0.0.1", bearer(acme) + "Content-Length: 999999999\r\n");

        assertThat(status(answer)).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST",
                "PUT",
                "DELETE",
                "PATCH",
                "OPTIONS",
                "TRACE",
                "CONNECT",
                "PROPFIND",
                "get",
                "X"
            })
    void otherMethodsDoNothing(String method) throws Exception {
        for (String path :
                List.of(
                        "/api/v1/entries",
                        "/console",
                        "/log/" + acme + "/checkpoint",
                        "/healthz")) {
            String answer =
                    send(
                            request(
                                    method,
                                    path,
                                    "127.0.0.1",
                                    bearer(acme) + cookie(acme) + "Content-Length: 0\r\n"));

            assertThat(status(answer)).as(answer).isIn(400, 404, 405, 501);
            assertThat(answer).doesNotContain(SECRET, "Bearer");
        }
    }

    @ParameterizedTest
    @CsvSource({"POST, GET", "GET, POST", "X, GET", "GET, GET"})
    void theMethodIsTheRequestsOwn(String method, String other) throws Exception {
        String fields =
                bearer(acme) + "X-HTTP-Method-Override: " + other + "\r\nContent-Length: 0\r\n";
        String answer = send(request(method, "/api/v1/entries", "127.0.0.1", fields));

        assertThat(status(answer)).as(answer).isEqualTo(400);
        assertThat(answer).contains("header_invalid").doesNotContain(SECRET);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/log/GLOBEX/../ACME/tile/entries/000.p/1",
                "/log/GLOBEX/%2e%2e/ACME/tile/entries/000.p/1",
                "/log/GLOBEX/..%2fACME/tile/entries/000.p/1",
                "/log/GLOBEX%2f..%2fACME/tile/entries/000.p/1",
                "/log/ACME;GLOBEX/tile/entries/000.p/1",
                "/log/ACME/tile/entries/000.p/1;x",
                "//log/ACME/tile/entries/000.p/1",
                "/log//ACME/tile/entries/000.p/1",
                "/log/ACME/tile//entries/000.p/1",
                "/log/ACME/tile/./entries/000.p/1",
                "/log/ACME/tile/entries/000.p/1.",
                "/log/ACME/tile/entries/000.p/1%00",
                "/log/ACME/tile/entries/000.p%2f1",
                "/log/ACME/tile/0/../entries/000.p/1",
                "/LOG/ACME/tile/entries/000.p/1",
                "/log/ACME/tile/entries/000.p/1/",
                "/log/ACME/tile/entries/000.p/1?tenant=GLOBEX",
                "/api/v1/entries?tenant=ACME",
                "/api/v1/entries/%2e%2e/calls/CALL",
                "/api/v1/calls/CALL",
                "/api/v1/calls/CALL/",
                "/api/v1/calls/%2e%2e%2fentries",
                "/console/../api/v1/entries",
                "/console/calls/CALL",
                "/console/calls/CALL/proof.json",
                "/console/calls/CALL%00",
                "/console/style.css/../calls/CALL",
                "/console/..;/console/calls/CALL",
                "\\console",
                "*",
            })
    void noPathLeadsToAnotherTenantsEntries(String path) throws Exception {
        String spelled =
                path.replace("ACME", acme.value())
                        .replace("GLOBEX", globex.value())
                        .replace("CALL", call.toString());
        String answer = get(spelled, "127.0.0.1", bearer(globex) + cookie(globex));

        assertThat(status(answer)).as(answer).isIn(200, 400, 403, 404);
        assertThat(answer)
                .doesNotContain(SECRET)
                .doesNotContainIgnoringCase("jetty")
                .doesNotContain("\tat ");
        if (path.contains("ACME") || path.contains("CALL")) {
            assertThat(status(answer)).as(answer).isNotEqualTo(200);
        }
    }

    @Test
    void whatIsTooLongIsRefused() throws Exception {
        assertThat(status(get("/console?text=" + "a".repeat(20_000), "127.0.0.1", "")))
                .isEqualTo(414);
        assertThat(status(get("/api/v1/entries", "127.0.0.1", "X: " + "a".repeat(20_000) + "\r\n")))
                .isEqualTo(431);
        assertThat(status(get("/api/v1/entries", "127.0.0.1", "X: a\r\n".repeat(5_000))))
                .isEqualTo(431);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cursor=gAAAAAAAAAAAAAAAAAAAAA",
                "cursor=f_________8AAAAAAAAAAA",
                "cursor=AAAAAAAAAACAAAAAAAAAAA",
                "cursor=//////////8",
                "text=%F0%9F%98%80",
                "text=a%00b",
                "text=a:*%7C!b",
                "text='&text='",
                "principal=%ED%A0%80",
                "principal=%C0%80",
                "from=-0001-01-01",
                "to=9999-12-31T23:59:59.999999999%2B18:00",
                "from=2026-01-01T00:00:00%5BEurope/Berlin%5D",
                "limit=%D9%A1",
                "access_token=x",
            })
    void noQueryFailsInTheDatabase(String query) throws Exception {
        for (String path : List.of("/api/v1/entries?", "/console?")) {
            String answer = get(path + query, "127.0.0.1", bearer(acme) + cookie(acme));

            assertThat(status(answer)).as(answer).isIn(200, 400);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Bearer \u00ff\u00fe\r\n",
                "Authorization: Basic dTpw\r\n",
                "Authorization: Bearer\r\n",
                "Authorization: bearer a b\r\n",
                "Authorization: Bearer ,\r\n",
                "Cookie: sallyport_console=\"\r\n",
                "Cookie: sallyport_console=\u00ff\r\n",
                "Cookie: =;;;=\r\n",
                "Cookie: $Version=1; sallyport_console=x\r\n",
            })
    void bytesThatAreNoTokenAreNoFailure(String field) throws Exception {
        for (String path : List.of("/api/v1/entries", "/console")) {
            String answer = get(path, "127.0.0.1", field);

            assertThat(status(answer)).as(answer).isIn(200, 400, 401);
            assertThat(answer).doesNotContain(SECRET, "\tat ");
        }
    }

    @Test
    void aTokenCountsInItsOwnPlaceAlone() throws Exception {
        String token = fixture.token(acme, "audit:read");

        assertThat(status(get("/api/v1/entries", "127.0.0.1", cookie(acme)))).isEqualTo(401);
        assertThat(status(get("/api/v1/entries?access_token=" + token, "127.0.0.1", "")))
                .isEqualTo(401);
        assertThat(get("/console", "127.0.0.1", bearer(acme))).contains("id=\"token\"");
        assertThat(get("/console?token=" + token, "127.0.0.1", cookie(acme))).doesNotContain(token);
    }

    @Test
    void tokensForOthersOrOfOthersAreRefusedInBothPlaces() throws Exception {
        var oauth = TestServers.oauth();
        var foreign =
                List.of(
                        token(acme, URI.create("http://audit.test/other"), Duration.ofMinutes(1)),
                        token(acme, URI.create("https://audit.test"), Duration.ofMinutes(1)),
                        token(acme, URI.create("http://gateway.test/mcp"), Duration.ofMinutes(1)),
                        token(acme, AuditFixture.AUDIENCE, Duration.ofMinutes(-10)),
                        oauth.token(
                                "t-nobody",
                                "olga",
                                "console",
                                Set.of("audit:read"),
                                AuditFixture.AUDIENCE,
                                Map.of(),
                                Duration.ofMinutes(1)));
        for (String token : foreign) {
            String byHeader =
                    get("/api/v1/entries", "127.0.0.1", "Authorization: Bearer " + token + "\r\n");
            String byCookie =
                    get("/console", "127.0.0.1", "Cookie: sallyport_console=" + token + "\r\n");

            assertThat(status(byHeader)).as(byHeader).isEqualTo(401);
            assertThat(status(byCookie)).as(byCookie).isEqualTo(401);
            assertThat(byCookie).contains("Expires=Thu, 01 Jan 1970").doesNotContain(SECRET);
        }
    }

    @Test
    void twoSessionsInOneRequestAreNone() throws Exception {
        String both =
                "Cookie: sallyport_console=%s; sallyport_console=%s\r\n"
                        .formatted(
                                fixture.token(acme, "audit:read"),
                                fixture.token(globex, "audit:read"));
        String answer = get("/console", "127.0.0.1", both);

        assertThat(status(answer)).as(answer).isEqualTo(400);
        assertThat(answer).contains("header_repeated").doesNotContain(SECRET);
    }

    @Test
    void aSessionEndsWithItsToken() throws Exception {
        var now = new AtomicReference<>(Duration.ZERO);
        InstantSource clock = () -> InstantSource.system().instant().plus(now.get());
        try (var other = fixture.start(clock)) {
            String session = cookie(acme);
            assertThat(status(send(other, request("GET", "/console", "127.0.0.1", session))))
                    .isEqualTo(200);
            now.set(Duration.ofMinutes(11));
            String answer = send(other, request("GET", "/console", "127.0.0.1", session));

            assertThat(status(answer)).as(answer).isEqualTo(401);
            assertThat(answer).contains("Expires=Thu, 01 Jan 1970", "expired");
        }
    }

    @Test
    void overHttpsTheSessionCannotBeSetByANeighbour() throws Exception {
        var config = fixture.config();
        var https =
                new AuditConfig(
                        config.host(),
                        config.port(),
                        URI.create("https://audit.test"),
                        config.origin(),
                        config.signingKey(),
                        config.checkpointEveryMillis(),
                        config.batchRecordsMax(),
                        config.approvals(),
                        config.kafka(),
                        config.database());
        try (var other = AuditService.start(https, fixture.secrets(), InstantSource.system())) {
            String token = token(acme, URI.create("https://audit.test"), Duration.ofMinutes(5));
            String answer =
                    send(
                            other,
                            request(
                                    "POST",
                                    "/console/sign-in",
                                    "audit.test",
                                    "Origin: https://audit.test\r\n" + form("token=" + token)));

            assertThat(status(answer)).as(answer).isEqualTo(303);
            assertThat(answer)
                    .contains(
                            "Set-Cookie: __Host-sallyport_console=",
                            "Path=/;",
                            "Secure",
                            "HttpOnly",
                            "SameSite=Strict",
                            "Strict-Transport-Security")
                    .doesNotContain("Domain=");
            String plain =
                    send(
                            other,
                            request(
                                    "GET",
                                    "/console",
                                    "audit.test",
                                    "Cookie: sallyport_console=" + token + "\r\n"));
            assertThat(plain).contains("id=\"token\"");
        }
    }

    @Test
    void everyAnswerSaysHowLittleMayBeDoneWithIt() throws Exception {
        for (String path :
                List.of(
                        "/",
                        "/console",
                        "/console/style.css",
                        "/console/calls/" + call,
                        "/console/calls/" + call + "/proof.json",
                        "/console/calls/nonsense",
                        "/api/v1/entries",
                        "/api/v1/entries?nonsense=1",
                        "/api/v1/calls/" + call,
                        "/log/vkey",
                        "/log/" + acme + "/checkpoint",
                        "/log/" + acme + "/tile/entries/000.p/1",
                        "/log/nobody/checkpoint",
                        "/healthz",
                        "/nowhere")) {
            String answer = get(path, "127.0.0.1", bearer(acme) + cookie(acme));
            String header = answer.substring(0, answer.indexOf("\r\n\r\n"));

            assertThat(header)
                    .as(path)
                    .contains(
                            "X-Content-Type-Options: nosniff",
                            "X-Frame-Options: DENY",
                            "Content-Security-Policy: default-src 'none'",
                            "frame-ancestors 'none'",
                            "Referrer-Policy: ",
                            "Cross-Origin-Resource-Policy: same-origin",
                            "Cache-Control: ")
                    .doesNotContain("Server:", "Access-Control-");
            assertThat(header.toLowerCase(Locale.ROOT))
                    .as(path)
                    .containsOnlyOnce("cache-control")
                    .containsOnlyOnce("content-security-policy");
            if (answer.contains(SECRET) || (!path.startsWith("/log/") && !path.contains("style"))) {
                assertThat(header).as(path).contains("no-store");
            }
        }
    }

    @Test // kind B
    void aSearchEndsAtItsDeadline() throws Exception {
        try (var superuser = fixture.superuser();
                var statement = superuser.createStatement();
                var reading = fixture.open()) {
            superuser.setAutoCommit(false);
            statement.execute("LOCK TABLE desk.search IN ACCESS EXCLUSIVE MODE");
            var search = new EntrySearch(reading.jdbi(), Duration.ofSeconds(1));

            assertThat(catchThrowable(() -> search.find(acme, EntryFilter.of(Map.of()))))
                    .hasMessageContaining("1 s");
            superuser.rollback();
            assertThat(search.find(acme, EntryFilter.of(Map.of())).entries()).isNotEmpty();
        }
    }

    @Test // kind B
    void oneAddresssConnectionsLeaveRoomForOthers() throws Exception {
        var silent = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 600; i++) {
                silent.add(socket());
            }
            // the last one is above the share of its address, and closed at once
            assertThat(endOf(silent.getLast())).isEqualTo(-1);
            try (var other = new Socket()) {
                other.setSoTimeout(TIMEOUT_MILLIS);
                other.bind(new InetSocketAddress("127.0.0.2", 0));
                other.connect(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), service.port()));
                other.getOutputStream()
                        .write(bytes(request("GET", "/api/v1/entries", "127.0.0.1", bearer(acme))));
                assertThat(status(read(other))).isEqualTo(200);
            }
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
        await().atMost(AuditFixture.WITHIN)
                .ignoreExceptions()
                .until(() -> status(get("/healthz", "127.0.0.1", "")) == 200);
    }

    private static int endOf(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read();
        } catch (SocketException reset) {
            return -1;
        }
    }

    private static String token(TenantId tenant, URI audience, Duration lasts) {
        return TestServers.oauth()
                .token(
                        tenant.value(),
                        "olga",
                        "console",
                        Set.of("audit:read"),
                        audience,
                        Map.of(),
                        lasts);
    }

    private static String bearer(TenantId tenant) {
        return "Authorization: Bearer " + fixture.token(tenant, "audit:read") + "\r\n";
    }

    private static String cookie(TenantId tenant) {
        return "Cookie: sallyport_console=" + fixture.token(tenant, "audit:read") + "\r\n";
    }

    private static String form(String body) {
        return "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(body.length(), body);
    }

    private static String signIn(String fieldsAndBody) throws IOException {
        return send(request("POST", "/console/sign-in", "127.0.0.1", fieldsAndBody));
    }

    /** The fields may go on into a body. */
    private static String request(String method, String target, String host, String fields) {
        return method
                + " "
                + target
                + " HTTP/1.1\r\nConnection: close\r\nHost: "
                + host
                + "\r\n"
                + fields
                + (fields.contains("\r\n\r\n") ? "" : "\r\n");
    }

    private static String get(String target, String host, String fields) throws IOException {
        return send(request("GET", target, host, fields));
    }

    private static String send(String request) throws IOException {
        return send(service, request);
    }

    private static String send(AuditService to, String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), to.port())) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(bytes(request));
            return read(socket);
        }
    }

    private static Socket socket() throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), service.port());
        socket.setSoTimeout(TIMEOUT_MILLIS);
        return socket;
    }

    /**
     * What came until the end, which a server that refuses a request may bring about by a reset.
     */
    private static String read(Socket socket) throws IOException {
        var answer = new ByteArrayOutputStream();
        try {
            byte[] some = new byte[4_096];
            for (int read = socket.getInputStream().read(some);
                    read >= 0;
                    read = socket.getInputStream().read(some)) {
                answer.write(some, 0, read);
            }
        } catch (SocketTimeoutException silent) {
            throw silent;
        } catch (IOException reset) {
            assertThat(answer.size()).as("an answer came before the reset").isPositive();
        }
        return answer.toString(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String request) {
        return request.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static int status(String answer) {
        return Integer.parseInt(answer.substring(9, 12));
    }
}
