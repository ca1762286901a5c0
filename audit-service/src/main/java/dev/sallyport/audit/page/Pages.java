package dev.sallyport.audit.page;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Renders the templates that the build compiled, under headers that let a page do nothing but be
 * read.
 */
final class Pages {
    private static final String POLICY =
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private final TemplateEngine templates =
            TemplateEngine.createPrecompiled(
                    Path.of("no-such-folder"),
                    ContentType.Html,
                    Pages.class.getClassLoader(),
                    "dev.sallyport.audit.page.templates");
    private final byte[] style = resource("style.css");
    private final byte[] icon = resource("icon.svg");

    /** Answers with a page that says nothing of any log. */
    void show(Context ctx, int status, String template, Object view) {
        ctx.result(page(ctx, status, template, view));
    }

    /** The page, for an answer whose header is set here. */
    byte[] page(Context ctx, int status, String template, Object view) {
        var page = new StringOutput();
        templates.render(template, view, page);
        headers(ctx);
        ctx.status(status).contentType("text/html; charset=utf-8");
        return page.toString().getBytes(StandardCharsets.UTF_8);
    }

    void style(Context ctx) {
        headers(ctx);
        ctx.contentType("text/css; charset=utf-8")
                .header("Cache-Control", "public, max-age=300")
                .result(style);
    }

    void icon(Context ctx) {
        headers(ctx);
        ctx.contentType("image/svg+xml")
                .header("Cache-Control", "public, max-age=86400")
                .result(icon);
    }

    private static void headers(Context ctx) {
        ctx.header("Content-Security-Policy", POLICY);
        // not no-referrer: under it browsers send the console's own forms with "Origin: null"
        ctx.header("Referrer-Policy", "same-origin");
        ctx.header("Cross-Origin-Opener-Policy", "same-origin");
    }

    private static byte[] resource(String name) {
        try (InputStream in = Pages.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the build left out " + name);
            }
            return in.readAllBytes();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
