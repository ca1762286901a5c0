package dev.sallyport.executor.result;

/**
 * A call's result.
 *
 * @param json made once, and handed on as bytes
 * @param rows rows in it
 * @param rowsAffected rows that a write added, changed or removed
 * @param truncated whether the database had more rows than the limits allow
 * @param cardNumbersCut card numbers of which only the last four digits are in it
 */
@SuppressWarnings("ArrayRecordComponent") // the bytes are handed on and never compared
public record Result(
        byte[] json, int rows, long rowsAffected, boolean truncated, int cardNumbersCut) {}
