package dev.sallyport.audit.page;

import org.jspecify.annotations.Nullable;

/**
 * The page on which a reader signs in.
 *
 * @param audience the address that the token must name
 * @param mistake what was wrong with the last token
 */
public record SignInView(String audience, @Nullable String mistake) {}
