package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/**
 * Debian's Chromium without a window. What a browser sends by itself, such as the origin of a form,
 * no test can write down.
 */
final class RealBrowser {
    private static final Duration FOUND_WITHIN = Duration.ofSeconds(10);

    private RealBrowser() {}

    /** Where there is no Chromium the test is skipped; in CI that is a failure. */
    static WebDriver open() {
        Optional<Path> chromium = onPath("chromium");
        Optional<Path> driver = onPath("chromedriver");
        boolean there = chromium.isPresent() && driver.isPresent();
        if (System.getenv("CI") != null) {
            assertThat(there).as("packages chromium and chromium-driver are installed").isTrue();
        }
        assumeTrue(there, "skipped: packages chromium and chromium-driver are not installed");
        ChromeDriverService service =
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(driver.orElseThrow().toFile())
                        .usingAnyFreePort()
                        .build();
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.orElseThrow().toFile());
        // root has no sandbox of Chromium's, and a container little shared memory
        options.addArguments(
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu");
        WebDriver browser = new ChromeDriver(service, options);
        browser.manage().timeouts().implicitlyWait(FOUND_WITHIN); // for pages that still load
        return browser;
    }

    private static Optional<Path> onPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
