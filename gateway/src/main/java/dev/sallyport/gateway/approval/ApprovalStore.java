package dev.sallyport.gateway.approval;

import dev.sallyport.gateway.limit.StoreAwayException;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Where all gateways keep what was asked for and decided. It has a clock of its own. */
public interface ApprovalStore extends AutoCloseable {

    /** Requests of one requester that may be open at once. */
    int OPEN_MAX = 50;

    /** Keeps a request, and tells when it expires; empty where its requester has too many open. */
    Optional<Instant> add(Asked asked) throws StoreAwayException;

    /** The tenant's request of that id. */
    Optional<Kept> find(TenantId tenant, UUID id) throws StoreAwayException;

    /**
     * Notes a decision. The first one of a person counts, but that a refusal takes the place of a
     * permission. It does nothing where the request is unknown, had expired then, or is not for
     * that person to decide.
     *
     * @param at when it was decided
     */
    void decide(TenantId tenant, UUID id, String approver, boolean granted, Instant at)
            throws StoreAwayException;

    /**
     * Uses an approval up, once at the most whoever asks.
     *
     * @param mayAllow whose permission counts
     * @param atLeast how many of them are needed, if the request needs fewer
     * @param cooldown how long the requester's last such call must be ago; zero for any time
     */
    Redeemed redeem(TenantId tenant, UUID id, Set<String> mayAllow, int atLeast, Duration cooldown)
            throws StoreAwayException;

    /**
     * Notes a call after which the next one has to wait.
     *
     * @return how long it still has to wait for the last one; zero where it need not and was noted
     */
    Duration cool(Requester requester, DatabaseName database, Duration cooldown)
            throws StoreAwayException;

    @Override
    void close();
}
