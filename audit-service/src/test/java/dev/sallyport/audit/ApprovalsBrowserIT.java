package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.ApprovalFixture.Wanted;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebDriverException;

/** A person decides with a browser. */
class ApprovalsBrowserIT {
    private static final String TRICKY =
            "delete from orders -- \u202eonly mine\u202c\nwhere custom\u0435r_id = $1\u200b";

    /** Letters that are written from right to left, which move what stands around them. */
    private static final String RIGHT_TO_LEFT = "update orders set note = '\u05d0\u05d1' || $1";

    private static WebDriver browser;
    private static AuditFixture fixture;
    private static AuditService service;
    private static ApprovalFixture approvals;

    @BeforeAll
    static void start() throws Exception {
        browser = RealBrowser.open();
        fixture = new AuditFixture();
        service = fixture.start();
        approvals = new ApprovalFixture(fixture, service);
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.quit();
        }
        if (service != null) {
            approvals.close();
            service.close();
            fixture.close();
        }
    }

    @Test
    void whoMayDecideSignsInReadsTheExactTextAndAllowsIt() {
        var id = approvals.ask(Wanted.usual().sql(TRICKY));
        signIn("ben");

        awaitText(By.tagName("h1"), "Approvals");
        browser.findElement(By.cssSelector("a[href='/console/approvals/" + id + "']")).click();

        awaitText(By.cssSelector("#standing .tag"), "open");
        assertThat(browser.findElement(By.cssSelector("pre.exact")).getText())
                .as("direction and zero-width characters are written down, in their places")
                .isEqualTo(
                        "delete from orders -- U+202Eonly mineU+202C\nwhere custom\u0435r_id = $1U+200B");
        assertThat(
                        browser.findElement(By.cssSelector("pre.exact .foreign"))
                                .getDomAttribute("title"))
                .isEqualTo("CYRILLIC SMALL LETTER IE");
        assertThat(browser.findElement(By.tagName("main")).getText())
                .contains("public.orders", "Ana <b>", "20 more rows", "alice", "shop", "U+200B");
        assertThat(browser.getPageSource()).doesNotContain("<b>");

        By approve = By.cssSelector("form[action$='/approve'] button");
        browser.findElement(approve).click();
        assertThat(browser.getCurrentUrl())
                .as("the browser itself asks for the yes")
                .endsWith("/console/approvals/" + id);
        assertThat(browser.findElement(By.cssSelector("label[for='confirmed']")).getText())
                .contains("public.customers: 1 row deleted; public.orders: 20 rows deleted");
        browser.findElement(By.id("note")).sendKeys("seen with ana");
        // by the keyboard alone
        browser.findElement(By.id("note")).sendKeys(Keys.TAB);
        browser.switchTo().activeElement().sendKeys(Keys.SPACE);
        browser.switchTo().activeElement().sendKeys(Keys.TAB);
        browser.switchTo().activeElement().sendKeys(Keys.ENTER);

        awaitText(By.cssSelector("#standing .tag"), "approved");
        assertThat(browser.findElement(By.cssSelector(".history")).getText())
                .contains("ben", "seen with ana");
        assertThat(browser.findElement(By.tagName("main")).getText())
                .contains("You cannot: as many people as are needed have allowed it already.");
    }

    @Test
    void aLinkToAnApprovalLeadsThereThroughTheSignIn() {
        var id = approvals.ask(Wanted.usual());
        browser.manage().deleteAllCookies();
        browser.get(page("/console/approvals/" + id));

        browser.findElement(By.id("token")).sendKeys("nonsense");
        browser.findElement(By.cssSelector("form[action='/console/sign-in'] button")).click();
        awaitText(By.cssSelector(".notice strong"), "That token is not accepted.");
        browser.findElement(By.id("token")).sendKeys(approvals.token("ben", "audit:approve"));
        browser.findElement(By.cssSelector("form[action='/console/sign-in'] button")).click();

        awaitText(By.cssSelector("#standing .tag"), "open");
        assertThat(browser.getCurrentUrl()).isEqualTo(page("/console/approvals/" + id));
    }

    @Test
    void everyCharacterStandsInItsPlaceWhateverItsScript() {
        var usual = Wanted.usual().sql(RIGHT_TO_LEFT);
        var id =
                approvals.ask(
                        usual.effect(
                                ApprovalFixture.DIGEST,
                                usual.effect().replace("Ana", "\u05d0\u05d1")));
        signIn("ben");
        browser.get(page("/console/approvals/" + id));

        for (String where : List.of("pre.exact", "td.exact")) {
            var letters = browser.findElements(By.cssSelector(where + " .foreign"));
            assertThat(letters).as(where).hasSize(2);
            assertThat(letters.get(0).getText()).isEqualTo("\u05d0");
            assertThat(letters.get(0).getRect().getX())
                    .as(where)
                    .isLessThan(letters.get(1).getRect().getX());
        }
        assertThat(browser.findElement(By.cssSelector("h3.row .exact")).getText())
                .isEqualTo("public.customers");
    }

    @Test
    void whoDeniesSaysWhy() {
        var id = approvals.ask(Wanted.usual());
        signIn("cid");
        browser.get(page("/console/approvals/" + id));

        browser.findElement(By.id("reason")).sendKeys("wrong customer");
        browser.findElement(By.cssSelector("form[action$='/deny'] button")).click();

        awaitText(By.cssSelector("#standing .tag"), "denied");
        assertThat(browser.findElement(By.cssSelector(".history")).getText())
                .contains("denied", "cid", "wrong customer");
    }

    @Test
    void aFormOnAnotherSitesPageDecidesNothing() {
        var id = approvals.ask(Wanted.usual());
        signIn("ben");
        browser.get(
                "data:text/html,<form method=post action='%s/approve'><input name=confirmed value=yes><button>go</button></form>"
                        .formatted(page("/console/approvals/" + id)));
        browser.findElement(By.tagName("button")).click();

        await().until(() -> String.valueOf(browser.getPageSource()).contains("form_refused"));
        assertThat(
                        approvals
                                .get(id, approvals.token("ben", "audit:approve"))
                                .at("/approval/state")
                                .asString())
                .isEqualTo("open");
    }

    @Test
    void aYesThatIsMissingOrAReasonDecidesNothing() {
        var id = approvals.ask(Wanted.usual());
        String cookie = "sallyport_console=" + approvals.token("ben", "audit:approve");
        var unconfirmed =
                fixture.post(
                        service,
                        "/console/approvals/" + id + "/approve",
                        "note=%3Cscript%3Ea",
                        "Cookie",
                        cookie);
        var unreasoned =
                fixture.post(
                        service, "/console/approvals/" + id + "/deny", "reason=", "Cookie", cookie);
        var unsigned = fixture.post(service, "/console/approvals/" + id + "/deny", "reason=x");
        var reader =
                fixture.post(
                        service,
                        "/console/approvals/" + id + "/deny",
                        "reason=x",
                        "Cookie",
                        "sallyport_console=" + approvals.token("ben", "audit:read"));

        assertThat(unconfirmed.statusCode()).isEqualTo(400);
        assertThat(unconfirmed.body())
                .contains("Nothing was decided.", "&lt;script&gt;a")
                .doesNotContain("<script");
        assertThat(unconfirmed.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'");
        assertThat(unreasoned.statusCode()).isEqualTo(400);
        assertThat(unreasoned.body()).contains("Reason is missing");
        assertThat(unsigned.body()).contains("Access token");
        assertThat(reader.statusCode()).isEqualTo(403);
        assertThat(
                        approvals
                                .get(id, approvals.token("ben", "audit:approve"))
                                .at("/approval/state")
                                .asString())
                .isEqualTo("open");
    }

    @Test
    void entriesAndCallsLeadToTheirApproval() {
        var id = approvals.ask(Wanted.usual());
        var call = approvals.use(id);
        String reader = fixture.token(approvals.tenant(), "audit:read");
        String link = "href=\"/console/approvals/" + id + "\"";
        await().atMost(AuditFixture.WITHIN)
                .until(() -> page("/console/calls/" + call, reader).contains(link));
        long request =
                approvals
                        .get(id, approvals.token("ben", "audit:approve"))
                        .at("/approval/index")
                        .asLong();
        assertThat(page("/console/entries/" + request, reader)).contains(link);
        assertThat(page("/console/approvals/" + id, reader))
                .contains("/console/calls/" + call, "used", "shown to who may decide")
                .doesNotContain("customer_id");
    }

    private static String page(String path, String token) {
        return fixture.send(
                        HttpRequest.newBuilder(URI.create(page(path)))
                                .header("Cookie", "sallyport_console=" + token)
                                .build())
                .body();
    }

    private static void signIn(String subject) {
        browser.manage().deleteAllCookies();
        browser.get(page("/console"));
        browser.findElement(By.id("token")).sendKeys(approvals.token(subject, "audit:approve"));
        browser.findElement(By.cssSelector("form[action='/console/sign-in'] button")).click();
        awaitText(By.tagName("h1"), "Approvals");
    }

    private static String page(String path) {
        return "http://127.0.0.1:" + service.port() + path;
    }

    /** A click returns before the next page is there, and the one before may still answer. */
    private static void awaitText(By element, String text) {
        await().ignoreExceptionsInstanceOf(WebDriverException.class)
                .until(() -> browser.findElement(element).getText().equals(text));
    }
}
