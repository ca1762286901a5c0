package dev.sallyport.gateway.limit;

import dev.sallyport.schema.id.TenantId;
import java.util.List;
import java.util.Set;

/**
 * Where it is counted what all gateways took. What is leased counts as taken until it is given
 * back, so that the sum of what gateways use never exceeds a limit.
 */
public interface LeaseStore extends AutoCloseable {

    /**
     * Takes the reports in and grants what it can.
     *
     * @param leaseMillis for how long what is granted may be used without asking again
     * @return an answer to each, in their order
     * @throws StoreAwayException if it cannot be told what became of them
     */
    List<Granted> exchange(List<Ask> asks, long leaseMillis) throws StoreAwayException;

    /**
     * The accounts of which this gateway has something that others wait for.
     *
     * @throws StoreAwayException if it cannot be told
     */
    Set<AccountKey> wanted() throws StoreAwayException;

    /**
     * Leases of other gateways that ended at least so long ago with something unused.
     *
     * @throws StoreAwayException if it cannot be told
     */
    List<LostLease> lost(long graceMillis) throws StoreAwayException;

    /**
     * Gives back what is left of such a lease beyond what was reserved under it and this use.
     *
     * @return false where its gateway came back, or another one closed it
     * @throws StoreAwayException if it cannot be told whether it did
     */
    boolean close(LostLease lease, long graceMillis, Amounts used) throws StoreAwayException;

    /**
     * How the tenant's accounts stand that have a window now.
     *
     * @throws StoreAwayException if it cannot be told
     */
    List<Counted> standing(TenantId tenant) throws StoreAwayException;

    /**
     * Forgets accounts whose window is over.
     *
     * @throws StoreAwayException if it cannot be told whether it did
     */
    void sweep() throws StoreAwayException;

    /** Whether what was counted outlives this process; then long windows can be counted in it. */
    boolean durable();

    @Override
    void close();
}
