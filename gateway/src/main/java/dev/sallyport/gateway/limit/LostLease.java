package dev.sallyport.gateway.limit;

/**
 * A lease that ended without its gateway saying what became of it.
 *
 * @param id the lease
 * @param gateway the gateway's name
 * @param logged up to where the log had what it had used, when it last reported
 */
public record LostLease(long id, AccountKey account, String gateway, String logged) {}
