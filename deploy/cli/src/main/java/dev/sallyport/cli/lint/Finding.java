package dev.sallyport.cli.lint;

import java.util.Locale;

/**
 * Something in the registry that has no effect, or another one than it seems to have.
 *
 * @param key of the entry
 * @param message what is so, and what would be right
 */
public record Finding(Kind kind, String key, String message) {
    /** What can be found. The code is stable. */
    public enum Kind {
        /** An entry of a tenant that the registry does not name. */
        TENANT_UNKNOWN,
        /** No token can lead to the tenant. */
        TENANT_WITHOUT_ISSUER,
        /** Nobody is granted anything in the database. */
        DATABASE_WITHOUT_GRANT,
        /** A database allows more than gateways let one call take. */
        LIMIT_ABOVE_CEILING,
        /** A grant for nobody. */
        GRANT_WITHOUT_SUBJECTS,
        /** A grant in no database. */
        GRANT_WITHOUT_DATABASES,
        /** A grant of nothing. */
        GRANT_WITHOUT_SCOPES,
        /** A grant in a database that the registry does not name. */
        GRANT_DATABASE_UNKNOWN,
        /** A scope that a grant cannot give. */
        GRANT_SCOPE_WITHOUT_EFFECT,
        /** A grant of changes where nothing can be changed. */
        GRANT_READ_ONLY,
        /** A grant of deletes to somebody who may not write, which deletes need too. */
        GRANT_DELETE_WITHOUT_WRITE,
        /** Everybody whom the grant names is suspended. */
        GRANT_SUBJECTS_SUSPENDED,
        /** Another grant gives all of it. */
        GRANT_REDUNDANT,
        /** A rate that another rate is always reached before. */
        RATE_NEVER_BINDS,
        /** A budget that nobody can use up in its window. */
        BUDGET_NEVER_BINDS,
        /** A budget that another one is always used up before. */
        BUDGET_SHADOWED,
        /** A budget of people to whom nothing is granted. */
        BUDGET_SUBJECT_WITHOUT_GRANT,
        /** A rule for a database that the registry does not name. */
        RULE_DATABASE_UNKNOWN,
        /** A rule for changes where nothing can be changed. */
        RULE_READ_ONLY,
        /** A rule for changes that nobody is granted. */
        RULE_WITHOUT_GRANT,
        /** Another rule matches the same calls and asks for as much. */
        RULE_SHADOWED,
        /** Calls that this rule and another one match can be approved by nobody. */
        RULE_IMPOSSIBLE,
        /** Too few of those who may approve are not suspended. */
        RULE_APPROVERS_SUSPENDED;

        /** In lower snake case. */
        public String code() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
