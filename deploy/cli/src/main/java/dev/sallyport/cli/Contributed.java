package dev.sallyport.cli;

/**
 * A picocli command that another module adds to the command line, found by {@link
 * java.util.ServiceLoader}.
 */
public interface Contributed {}
