package dev.sallyport.audit.page;

import dev.sallyport.audit.access.Aim;
import dev.sallyport.schema.token.Caller;

/**
 * Who reads.
 *
 * @param tenant whose log
 * @param subject the token's subject
 * @param log whether the token lets its bearer read the log
 */
public record Reader(String tenant, String subject, boolean log) {
    static Reader of(Caller caller) {
        return new Reader(caller.tenant().value(), caller.subject(), Aim.READ.isOpenTo(caller));
    }
}
