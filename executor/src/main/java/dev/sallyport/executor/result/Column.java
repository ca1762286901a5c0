package dev.sallyport.executor.result;

/**
 * A column of a result.
 *
 * @param type the type's name, as the database's users know it
 */
public record Column(String name, String type) {}
