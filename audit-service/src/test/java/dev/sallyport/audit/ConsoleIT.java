package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.audit.verify.AuditVerifier;
import dev.sallyport.audit.verify.Verdict;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsoleIT {
    private static AuditFixture fixture;
    private static AuditService service;
    private static AuditDatabase database;
    private static TenantId tenant;
    private static CallId call;

    @BeforeAll
    static void start() throws Exception {
        fixture = new AuditFixture();
        service = fixture.start();
        database = fixture.open();
        tenant = fixture.tenant();
        for (int i = 0; i < 60; i++) {
            var _ = fixture.settle(tenant, "bob", "db_query", "select " + i);
        }
        call =
                fixture.settle(
                        tenant,
                        "<script>alert(1)</script>",
                        "db_query",
                        "select \"x\" from a where b < '&'");
        fixture.awaitPublished(database.jdbi(), tenant, 62);
    }

    @AfterAll
    static void stop() {
        database.close();
        service.close();
        fixture.close();
    }

    @Test
    void withoutATokenThePageAsksForOne() {
        var page = get("/console", "");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body())
                .contains("<label for=\"token\">", AuditFixture.AUDIENCE.toString(), "lang=\"en\"");
        assertThat(get("/", "").headers().firstValue("Location")).hasValue("/console");
    }

    @Test
    void signingInKeepsTheTokenOutOfReachOfScriptsAndOtherSites() {
        var signedIn =
                fixture.post(
                        service, "/console/sign-in", form(fixture.token(tenant, "audit:read")));

        assertThat(signedIn.statusCode()).isEqualTo(303);
        assertThat(signedIn.headers().firstValue("Set-Cookie").orElse(""))
                .contains("HttpOnly", "SameSite=Strict", "Path=/console");
        var refused = fixture.post(service, "/console/sign-in", form("nonsense"));
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).contains("role=\"alert\"", "not a JWT");
        assertThat(refused.headers().firstValue("Set-Cookie")).isEmpty();
        var unscoped =
                fixture.post(service, "/console/sign-in", form(fixture.token(tenant, "mcp:read")));
        assertThat(unscoped.statusCode()).isEqualTo(403);
        assertThat(unscoped.body()).contains("audit:read");
    }

    @ParameterizedTest
    @CsvSource({
        "/console/approvals/01a220fd-7255-7281-a10f-ad306dafe73b, /console/approvals/01a220fd-7255-7281-a10f-ad306dafe73b",
        "/console/entries/7, /console/entries/7",
        "/console/sign-out, /console",
        "/console/entries/7/proof.json, /console",
        "/console/../log/acme, /console",
        "https://evil.example/console/entries/7, /console",
        "//evil.example, /console",
        "/console//evil.example, /console",
        "'/console/entries/7\r\nSet-Cookie: a=b', /console"
    })
    void signingInLeadsToAPageOfTheConsoleAndNowhereElse(String then, String page) {
        var signedIn =
                fixture.post(
                        service,
                        "/console/sign-in",
                        form(fixture.token(tenant, "audit:read"))
                                + "&then="
                                + URLEncoder.encode(then, StandardCharsets.UTF_8));

        assertThat(signedIn.statusCode()).isEqualTo(303);
        assertThat(signedIn.headers().firstValue("Location")).hasValue(page);
    }

    @Test
    void aFormThatAnotherSiteSendsIsRefused() {
        var foreign =
                fixture.post(
                        service,
                        "/console/sign-in",
                        form(fixture.token(tenant, "audit:read")),
                        "Origin",
                        "https://evil.example");
        var own =
                fixture.post(
                        service,
                        "/console/sign-out",
                        "",
                        "Origin",
                        "http://127.0.0.1:" + service.port());

        assertThat(foreign.statusCode()).isEqualTo(403);
        assertThat(foreign.body()).contains("form_refused");
        assertThat(foreign.headers().firstValue("Set-Cookie")).isEmpty();
        assertThat(own.statusCode()).isEqualTo(303);
        assertThat(own.headers().firstValue("Set-Cookie").orElse(""))
                .contains("Expires=Thu, 01 Jan 1970");
    }

    @Test
    void everyPageForbidsScriptsAndForeignAssetsAndHasNone() {
        for (String path :
                new String[] {
                    "/console", "/console/calls/" + call, "/console/style.css", "/console/icon.svg"
                }) {
            var page = get(path, cookie());
            assertThat(page.statusCode()).as(path).isEqualTo(200);
            assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                    .as(path)
                    .contains("default-src 'none'");
            assertThat(page.body())
                    .as(path)
                    .doesNotContain("<script", "style=\"", "onclick", "https://");
        }
    }

    @Test
    void theListShowsEntriesNewestFirstAndLeadsToOlderOnes() {
        var first = get("/console", cookie());

        assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
        assertThat(first.body())
                .contains(
                        call.toString(),
                        "&lt;script&gt;",
                        "<caption",
                        "scope=\"col\"",
                        "<main",
                        tenant.value());
        var older =
                Pattern.compile("href=\"(/console\\?[^\"]*cursor=[^\"]+)\" rel=\"next\"")
                        .matcher(first.body());
        assertThat(older.find()).isTrue();
        var second = get(older.group(1), cookie());
        assertThat(second.statusCode()).isEqualTo(200);
        assertThat(second.body())
                .contains("registry changed", "Newest")
                .doesNotContain("rel=\"next\"");
    }

    @Test
    void whoReadTheLogIsShownWhenThatIsAskedFor() {
        get("/console?text=beforehand", cookie());
        String shown = "/console?reads=shown";
        await().atMost(AuditFixture.WITHIN)
                .until(() -> get(shown, cookie()).body().contains("text=beforehand"));
        var first = get("/console", cookie());

        assertThat(first.body())
                .contains("href=\"" + shown + "\"", call.toString())
                .doesNotContain(">audit read</a>", "text=beforehand");
        assertThat(get(shown, cookie()).body()).contains("checked", "search");
        assertThat(get("/console?kind=AuditRead", cookie()).body())
                .contains("text=beforehand")
                .doesNotContain("left out");
        assertThat(get("/console?reads=perhaps", cookie()).statusCode()).isEqualTo(400);
    }

    @Test
    void noPageLeadsToItself() {
        var page = get("/console/calls/" + call, cookie());
        var entry = get("/console/entries/0", cookie());

        assertThat(page.body()).doesNotContain("href=\"/console/calls/" + call + "\"");
        assertThat(entry.body()).doesNotContain("href=\"/console/entries/0\"");
    }

    @Test
    void searchingKeepsWhatWasAskedAndSaysWhenNothingIsFoundOrAskedWrongly() {
        var found = get("/console?text=select&principal=bob&outcome=succeeded", cookie());
        var none = get("/console?text=nowheretobefound&kind=CallSettled", cookie());
        var wrong = get("/console?from=yesterday", cookie());

        assertThat(found.body())
                .contains("value=\"bob\"", "<option value=\"succeeded\" selected")
                .doesNotContain("&lt;script&gt;");
        assertThat(none.statusCode()).isEqualTo(200);
        assertThat(none.body()).contains("No entries.", "Show everything");
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(wrong.body())
                .contains("role=\"alert\"", "from must be a time", "value=\"yesterday\"");
    }

    @Test
    void aCallIsShownWithItsProofVerifiedAndTheProofCanBeTakenAway() {
        var page = get("/console/calls/" + call, cookie());
        var proof = get("/console/calls/" + call + "/proof.json", cookie());

        assertThat(page.body())
                .contains("Proved", "Leaf hash", fixture.origin() + "/" + tenant, "&lt;script&gt;");
        assertThat(proof.headers().firstValue("Content-Disposition").orElse(""))
                .contains("attachment");
        assertThat(
                        new AuditVerifier(service.key())
                                .proof(proof.body().getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(Verdict.Proved.class);
    }

    @Test
    void aCallWhoseEventWasAlteredIsShownWithAProofThatDoesNotHold() throws Exception {
        var altered = fixture.settle(tenant, "bob", "db_query", "select altered");
        fixture.awaitPublishedCall(database.jdbi(), tenant, altered);
        try (var superuser = fixture.superuser();
                var statement = superuser.createStatement()) {
            statement.executeUpdate(
                    "UPDATE audit.entry SET bytes = 'nonsense' WHERE (tenant, seq) = "
                            + "(SELECT tenant, seq FROM desk.search WHERE call_id = '"
                            + altered
                            + "')");
        }

        var page = get("/console/calls/" + altered, cookie());

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body())
                .contains("The proof does not hold", "role=\"alert\"", "nonsense")
                .doesNotContain(">Proved<");
    }

    @Test
    void aCallOfNobodyOrOfAnotherTenantIsNotFound() {
        var other = "sallyport_console=" + fixture.token(fixture.tenant(), "audit:read");

        assertThat(get("/console/calls/17", cookie()).statusCode()).isEqualTo(404);
        assertThat(get("/console/calls/" + CallId.next(), cookie()).body())
                .contains("call_not_found", "Back to the newest entries");
        assertThat(get("/console/calls/" + call, other).statusCode()).isEqualTo(404);
    }

    private static String cookie() {
        return "sallyport_console=" + fixture.token(tenant, "audit:read");
    }

    private static String form(String token) {
        return "token=" + URLEncoder.encode(token, StandardCharsets.UTF_8);
    }

    private static HttpResponse<String> get(String path, String cookie) {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port() + path));
        return fixture.send(
                (cookie.isEmpty() ? request : request.header("Cookie", cookie)).build());
    }
}
