package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebDriverException;

/** A person reads the console with a browser. Case G1. */
class ConsoleBrowserIT {
    private static WebDriver browser;
    private static AuditFixture fixture;
    private static AuditService service;
    private static TenantId tenant;
    private static CallId call;

    @BeforeAll
    static void start() throws Exception {
        browser = RealBrowser.open();
        fixture = new AuditFixture();
        service = fixture.start();
        tenant = fixture.tenant();
        call = fixture.settle(tenant, "bob", "db_query", "select name from customers");
        try (var database = fixture.open()) {
            fixture.awaitPublishedCall(database.jdbi(), tenant, call);
        }
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.quit();
        }
        if (service != null) {
            service.close();
            fixture.close();
        }
    }

    @Test
    void aPersonSignsInLooksACallUpAndSignsOut() {
        browser.get("http://127.0.0.1:" + service.port() + "/");
        browser.findElement(By.id("token")).sendKeys(fixture.token(tenant, "audit:read"));
        browser.findElement(By.cssSelector("form[action='/console/sign-in'] button")).click();

        awaitText(By.tagName("h1"), "Entries");
        assertThat(browser.getPageSource()).contains("read by", tenant.value());

        browser.findElement(By.name("principal")).sendKeys("bob");
        browser.findElement(By.cssSelector("form.filter button")).click();
        await().until(() -> String.valueOf(browser.getCurrentUrl()).contains("principal=bob"));
        awaitText(By.tagName("h1"), "Entries");
        browser.findElement(By.cssSelector("a[href='/console/calls/" + call + "']")).click();

        awaitText(By.id("verdict"), "Proved");
        assertThat(browser.getPageSource()).contains("select name from customers");

        browser.findElement(By.cssSelector("form[action='/console/sign-out'] button")).click();

        awaitText(By.tagName("h1"), "Read the audit trail");
        browser.get("http://127.0.0.1:" + service.port() + "/console/calls/" + call);
        assertThat(browser.findElements(By.id("token"))).hasSize(1);
    }

    @Test
    void aFormOnAnotherSitesPageSignsNobodyIn() {
        String page =
                "<form method=post action='http://127.0.0.1:%d/console/sign-in'><input name=token value='%s'><button>go</button></form>"
                        .formatted(service.port(), fixture.token(tenant, "audit:read"));
        browser.get("data:text/html," + page);
        browser.findElement(By.tagName("button")).click();

        await().until(() -> String.valueOf(browser.getPageSource()).contains("form_refused"));
    }

    /** A click returns before the next page is there, and the one before may still answer. */
    private static void awaitText(By element, String text) {
        await().ignoreExceptionsInstanceOf(WebDriverException.class)
                .until(() -> browser.findElement(element).getText().equals(text));
    }
}
