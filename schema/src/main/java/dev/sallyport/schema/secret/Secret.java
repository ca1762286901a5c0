package dev.sallyport.schema.secret;

/** A secret in the clear; its text form hides it. */
public record Secret(String value) {
    @Override
    public String toString() {
        return "***";
    }
}
