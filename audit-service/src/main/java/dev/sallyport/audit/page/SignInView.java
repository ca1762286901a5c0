package dev.sallyport.audit.page;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The page on which a reader signs in.
 *
 * @param audience the address that the token must name
 * @param then the page that the reader came for; empty where it is none of the console's
 * @param mistake what was wrong with the last token
 */
public record SignInView(String audience, String then, @Nullable String mistake) {
    /** Pages that a link may lead to. Nothing else is, so that no link leads out of the console. */
    private static final Pattern PAGE =
            Pattern.compile("/console/(approvals|entries|calls)(/[0-9a-f-]{1,36})?");

    public SignInView {
        then = page(then);
    }

    /** The path, where it is that of a page to come to; else nothing. */
    static String page(String path) {
        return PAGE.matcher(path).matches() ? path : "";
    }
}
