-- Calls that wait for somebody to allow them, and when the last call was that has the next one wait. A gateway's login
-- calls the functions below and touches no table. Every time is this server's, but when somebody decided.

CREATE TABLE approval (
    id uuid PRIMARY KEY,
    tenant text NOT NULL,
    -- who asked
    issuer text NOT NULL,
    subject text NOT NULL,
    database text NOT NULL,
    tool text NOT NULL,
    -- digests under a key of the tenant: of the exact text, and of the values that come with it
    data_key text NOT NULL,
    statement text NOT NULL,
    params text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('confirm', 'another')),
    approvers text[] NOT NULL,
    -- how many of them; none where the requester confirms
    needed integer NOT NULL CHECK (needed >= 0),
    -- null where the call could not be rehearsed
    effect text,
    affected bigint,
    expires timestamptz NOT NULL,
    used timestamptz
);
CREATE INDEX approval_open ON approval (tenant, issuer, subject) WHERE used IS NULL;
CREATE INDEX approval_expires ON approval (expires);

-- What people decided, each once; a refusal takes the place of a permission, never the other way.
CREATE TABLE decision (
    approval uuid NOT NULL REFERENCES approval ON DELETE CASCADE,
    approver text NOT NULL,
    granted boolean NOT NULL,
    decided timestamptz NOT NULL,
    PRIMARY KEY (approval, approver)
);

CREATE TABLE cooldown (
    tenant text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    database text NOT NULL,
    last timestamptz NOT NULL,
    PRIMARY KEY (tenant, issuer, subject, database)
);

-- Writes a request down and tells when it expires; null where the requester has as many open as may be. The object has
-- the members i id, t tenant, o issuer, s subject, d database, n tool, k data key, q statement, p params, b kind,
-- a approvers, m needed, e effect, r affected.
CREATE FUNCTION add_approval(asked jsonb, valid_millis bigint, open_max bigint) RETURNS timestamptz
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_catalog, pg_temp
    AS $$
DECLARE
    ends timestamptz := clock_timestamp() + valid_millis * interval '1 millisecond';
BEGIN
    -- of one requester one at a time, so that the number is exact
    PERFORM pg_advisory_xact_lock(hashtextextended(
        concat_ws(chr(10), asked ->> 't', asked ->> 'o', asked ->> 's'), 0));
    IF (SELECT count(*) FROM approval a
            WHERE a.tenant = asked ->> 't' AND a.issuer = asked ->> 'o' AND a.subject = asked ->> 's'
              AND a.used IS NULL AND a.expires > clock_timestamp()) >= open_max THEN
        RETURN NULL;
    END IF;
    INSERT INTO approval (id, tenant, issuer, subject, database, tool, data_key, statement, params,
                          kind, approvers, needed, effect, affected, expires)
        VALUES ((asked ->> 'i')::uuid, asked ->> 't', asked ->> 'o', asked ->> 's', asked ->> 'd', asked ->> 'n',
                asked ->> 'k', asked ->> 'q', asked ->> 'p', asked ->> 'b',
                ARRAY(SELECT jsonb_array_elements_text(asked -> 'a')), (asked ->> 'm')::integer,
                asked ->> 'e', (asked ->> 'r')::bigint, ends);
    RETURN ends;
END
$$;

-- The tenant's approval of that id and what was decided, as an object.
CREATE FUNCTION find_approval(which uuid, of_tenant text)
    RETURNS TABLE (issuer text, subject text, database text, tool text, data_key text, statement text, params text,
                   kind text, approvers jsonb, needed integer, effect text, affected bigint, expires timestamptz,
                   over boolean, redeemed boolean, granted jsonb, denied boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ${schema}, pg_catalog, pg_temp
    AS $$
    SELECT a.issuer, a.subject, a.database, a.tool, a.data_key, a.statement, a.params,
           a.kind, to_jsonb(a.approvers), a.needed, a.effect, a.affected, a.expires,
           a.expires <= clock_timestamp(), a.used IS NOT NULL,
           coalesce((SELECT jsonb_agg(d.approver) FROM decision d WHERE d.approval = a.id AND d.granted), '[]'),
           EXISTS (SELECT FROM decision d WHERE d.approval = a.id AND NOT d.granted)
    FROM approval a
    WHERE a.id = which AND a.tenant = of_tenant
    $$;

-- Notes what somebody decided about an approval that had not expired then.
CREATE FUNCTION decide_approval(which uuid, of_tenant text, who text, grants boolean, at timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = ${schema}, pg_catalog, pg_temp
    AS $$
    INSERT INTO decision AS d (approval, approver, granted, decided)
        SELECT a.id, who, grants, at FROM approval a
        WHERE a.id = which AND a.tenant = of_tenant AND a.kind = 'another'
          AND who <> a.subject AND who = ANY (a.approvers) AND at < a.expires
        ON CONFLICT (approval, approver) DO UPDATE SET granted = false, decided = excluded.decided
            WHERE d.granted AND NOT excluded.granted
    $$;

-- Whether the principal may make the call now that the next one has to wait for, in milliseconds to wait; 0 notes it.
CREATE FUNCTION cool(of_tenant text, of_issuer text, of_subject text, in_database text, seconds bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_catalog, pg_temp
    AS $$
DECLARE
    before timestamptz;
    waits bigint;
BEGIN
    INSERT INTO cooldown (tenant, issuer, subject, database, last)
        VALUES (of_tenant, of_issuer, of_subject, in_database, '-infinity') ON CONFLICT DO NOTHING;
    SELECT c.last INTO STRICT before FROM cooldown c
        WHERE c.tenant = of_tenant AND c.issuer = of_issuer AND c.subject = of_subject AND c.database = in_database
        FOR UPDATE;
    IF before > clock_timestamp() - seconds * interval '1 second' THEN
        waits := ceil(extract(epoch FROM before + seconds * interval '1 second' - clock_timestamp()) * 1000)::bigint;
        RETURN greatest(waits, 1);
    END IF;
    UPDATE cooldown c SET last = clock_timestamp()
        WHERE c.tenant = of_tenant AND c.issuer = of_issuer AND c.subject = of_subject AND c.database = in_database;
    RETURN 0;
END
$$;

-- Uses the approval up, where enough of those allowed it who may, and tells what came of it: redeemed, unknown, used,
-- denied, expired, pending or cooldown.
CREATE FUNCTION redeem_approval(which uuid, of_tenant text, may_allow jsonb, at_least integer, cooldown_seconds bigint)
    RETURNS TABLE (verdict text, wait_millis bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_catalog, pg_temp
    AS $$
DECLARE
    a approval%ROWTYPE;
BEGIN
    wait_millis := 0;
    SELECT * INTO a FROM approval p WHERE p.id = which AND p.tenant = of_tenant FOR UPDATE;
    IF NOT FOUND THEN
        verdict := 'unknown';
    ELSIF a.used IS NOT NULL THEN
        verdict := 'used';
    ELSIF EXISTS (SELECT FROM decision d WHERE d.approval = which AND NOT d.granted) THEN
        verdict := 'denied';
    ELSIF a.expires <= clock_timestamp() THEN
        verdict := 'expired';
    ELSIF (SELECT count(*) FROM decision d
            WHERE d.approval = which AND d.granted AND may_allow ? d.approver) < greatest(a.needed, at_least) THEN
        verdict := 'pending';
    ELSE
        IF cooldown_seconds > 0 THEN
            wait_millis := cool(a.tenant, a.issuer, a.subject, a.database, cooldown_seconds);
        END IF;
        IF wait_millis > 0 THEN
            verdict := 'cooldown';
        ELSE
            UPDATE approval p SET used = clock_timestamp() WHERE p.id = which;
            verdict := 'redeemed';
        END IF;
    END IF;
    RETURN NEXT;
END
$$;

-- Forgets windows that are over, approvals that ended a day ago, and calls that no cooldown is as long as.
CREATE OR REPLACE FUNCTION sweep() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = ${schema}, pg_catalog, pg_temp
    AS $$
    WITH gone AS (DELETE FROM account WHERE ends < clock_timestamp() - interval '10 minutes' RETURNING 1),
         approvals AS (DELETE FROM approval WHERE expires < clock_timestamp() - interval '1 day' RETURNING 1),
         cooled AS (DELETE FROM cooldown WHERE last < clock_timestamp() - interval '2 days' RETURNING 1)
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM approvals) + (SELECT count(*) FROM cooled)
    $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ${schema} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_approval(jsonb, bigint, bigint), find_approval(uuid, text),
    decide_approval(uuid, text, text, boolean, timestamptz), cool(text, text, text, text, bigint),
    redeem_approval(uuid, text, jsonb, integer, bigint) TO "${runtimeRole}";
