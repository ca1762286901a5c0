package dev.sallyport.gateway.limit;

import dev.sallyport.schema.registry.Budget;

/**
 * What a principal has left of a budget.
 *
 * @param left of the measures that the budget limits; the others mean nothing
 * @param known whether the store told it; otherwise nothing can be said
 * @param resetSeconds until the budget starts anew
 */
public record BudgetLeft(Budget budget, Amounts left, boolean known, long resetSeconds) {}
