package dev.sallyport.gateway.limit;

/**
 * What is left of an account.
 *
 * @param amounts of each measure; of one that is not limited it means nothing
 * @param nanosToEnd until its window ends
 */
record Left(Amounts amounts, long nanosToEnd) {}
