package dev.sallyport.audit.page;

/**
 * A page that could not be shown.
 *
 * @param code the stable code
 * @param message what would be right
 */
public record ErrorView(String code, String message) {}
