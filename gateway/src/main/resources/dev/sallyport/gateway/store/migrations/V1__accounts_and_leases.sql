-- What all gateways took of every limit. A gateway's login calls the functions below and touches no table.
-- Arrays hold calls, rows and bytes, in this order. Every time is this server's.

CREATE TABLE account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL,
    allowance text NOT NULL,
    width text NOT NULL CHECK (width IN ('minute', 'hour', 'day', 'month')),
    holder text NOT NULL,
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    -- used, or leased and not given back
    taken bigint[] NOT NULL DEFAULT '{0,0,0}' CHECK (0 <= ALL (taken)),
    -- until then gateways that have something unused give it back
    wanted_until timestamptz,
    UNIQUE (tenant, allowance, width, holder, starts)
);
CREATE INDEX account_ends ON account (ends);

-- A gateway that was cut off for so long that its lease was closed begins another one.
CREATE TABLE lease (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    -- one run of a gateway: its name and a number of its own
    gateway text NOT NULL,
    -- totals, which only grow
    granted bigint[] NOT NULL DEFAULT '{0,0,0}',
    used bigint[] NOT NULL DEFAULT '{0,0,0}',
    returned bigint[] NOT NULL DEFAULT '{0,0,0}',
    -- what calls under way had when the gateway reported last
    reserved bigint[] NOT NULL DEFAULT '{0,0,0}',
    -- up to where the log had everything then that the gateway had used
    logged text,
    expires timestamptz NOT NULL,
    closed boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX lease_open ON lease (account, gateway) WHERE NOT closed;
CREATE INDEX lease_account ON lease (account);
CREATE INDEX lease_gateway ON lease (gateway);

-- The window that the moment is in, by the calendar in UTC.
CREATE FUNCTION window_start(width text, moment timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT date_trunc(width, moment AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' $$;

CREATE FUNCTION window_end(width text, starts timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT ((starts AT TIME ZONE 'UTC') + ('1 ' || width)::interval) AT TIME ZONE 'UTC' $$;

-- Takes a gateway's reports in and grants what it can. Each ask is an object: t tenant, a allowance, w width, h holder,
-- l the lease of the totals or null, u used, r returned, x reserved, o where the log stands, n need, f ahead, m most.
CREATE FUNCTION exchange(run text, lease_millis bigint, asks jsonb)
    RETURNS TABLE (place bigint, lease_id bigint, ends_in_millis bigint,
                   granted bigint[], used bigint[], returned bigint[], remaining bigint[], others bigint[])
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_catalog, pg_temp
    AS $$
DECLARE
    ask jsonb;
    acc account%ROWTYPE;
    own lease%ROWTYPE;
    moment timestamptz;
    began timestamptz;
    need bigint;
    ahead bigint;
    most bigint;
    free bigint;
    more bigint;
    short boolean;
    known boolean;
BEGIN
    -- in one order for all gateways, so that none waits for another that waits for it
    FOR ask, place IN
        SELECT value, ordinality FROM jsonb_array_elements(asks) WITH ORDINALITY
        ORDER BY value ->> 't', value ->> 'a', value ->> 'w', value ->> 'h'
    LOOP
        began := window_start(ask ->> 'w', clock_timestamp());
        INSERT INTO account (tenant, allowance, width, holder, starts, ends)
            VALUES (ask ->> 't', ask ->> 'a', ask ->> 'w', ask ->> 'h', began, window_end(ask ->> 'w', began))
            ON CONFLICT DO NOTHING;
        SELECT * INTO STRICT acc FROM account a
            WHERE a.tenant = ask ->> 't' AND a.allowance = ask ->> 'a' AND a.width = ask ->> 'w'
              AND a.holder = ask ->> 'h' AND a.starts = began
            FOR UPDATE;
        moment := clock_timestamp();
        INSERT INTO lease (account, gateway, expires) VALUES (acc.id, run, moment) ON CONFLICT DO NOTHING;
        SELECT * INTO STRICT own FROM lease l WHERE l.account = acc.id AND l.gateway = run AND NOT l.closed;
        SELECT ARRAY[coalesce(sum(l.granted[1] - l.used[1] - l.returned[1]), 0),
                     coalesce(sum(l.granted[2] - l.used[2] - l.returned[2]), 0),
                     coalesce(sum(l.granted[3] - l.used[3] - l.returned[3]), 0)]::bigint[]
            INTO others
            FROM lease l WHERE l.account = acc.id AND l.gateway <> run AND NOT l.closed AND l.expires > moment;
        -- reports of another lease, such as that of an earlier window, come too late to matter
        known := (ask ->> 'l')::bigint = own.id;
        short := false;
        remaining := '{0,0,0}';
        FOR i IN 1..3 LOOP
            IF known THEN
                -- never more than was granted, whatever is reported
                own.used[i] := least(greatest(own.used[i], (ask -> 'u' ->> (i - 1))::bigint), own.granted[i] - own.returned[i]);
                more := least(greatest(own.returned[i], (ask -> 'r' ->> (i - 1))::bigint), own.granted[i] - own.used[i]);
                acc.taken[i] := acc.taken[i] - (more - own.returned[i]);
                own.returned[i] := more;
                own.reserved[i] := greatest((ask -> 'x' ->> (i - 1))::bigint, 0);
            END IF;
            need := (ask -> 'n' ->> (i - 1))::bigint;
            ahead := (ask -> 'f' ->> (i - 1))::bigint;
            most := (ask -> 'm' ->> (i - 1))::bigint;
            free := greatest(most - acc.taken[i], 0);
            more := least(need, free);
            IF more < need THEN
                short := short OR others[i] > 0;
            END IF;
            -- little in hand where little is left, and none where others wait
            IF acc.wanted_until IS NULL OR acc.wanted_until < moment THEN
                more := more + least(ahead, (free - more) / 8);
            END IF;
            acc.taken[i] := acc.taken[i] + more;
            own.granted[i] := own.granted[i] + more;
            remaining[i] := free - more;
        END LOOP;
        UPDATE account a SET taken = acc.taken,
                wanted_until = CASE WHEN short THEN moment + interval '1 second' ELSE a.wanted_until END
            WHERE a.id = acc.id;
        UPDATE lease l SET granted = own.granted, used = own.used, returned = own.returned, reserved = own.reserved,
                logged = ask ->> 'o', expires = moment + lease_millis * interval '1 millisecond'
            WHERE l.id = own.id;
        lease_id := own.id;
        ends_in_millis := floor(extract(epoch FROM acc.ends - moment) * 1000)::bigint;
        granted := own.granted;
        used := own.used;
        returned := own.returned;
        RETURN NEXT;
    END LOOP;
END
$$;

-- The accounts of which this run of a gateway has something unused that others wait for.
CREATE FUNCTION wanted(run text)
    RETURNS TABLE (tenant text, allowance text, width text, holder text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ${schema}, pg_catalog, pg_temp
    AS $$
    SELECT a.tenant, a.allowance, a.width, a.holder
    FROM lease l JOIN account a ON a.id = l.account
    WHERE l.gateway = run AND a.wanted_until > clock_timestamp() AND a.ends > clock_timestamp()
      AND (l.granted[1] > l.used[1] + l.returned[1] OR l.granted[2] > l.used[2] + l.returned[2]
           OR l.granted[3] > l.used[3] + l.returned[3])
    $$;

-- Leases that ended at least so long ago with something unused, of windows that go on, and where the log stood then.
CREATE FUNCTION lost(run text, grace_millis bigint)
    RETURNS TABLE (lease_id bigint, gateway text, tenant text, allowance text, width text, holder text, logged text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ${schema}, pg_catalog, pg_temp
    AS $$
    SELECT l.id, l.gateway, a.tenant, a.allowance, a.width, a.holder, l.logged
    FROM lease l JOIN account a ON a.id = l.account
    WHERE NOT l.closed AND l.gateway <> run AND l.logged IS NOT NULL
      AND l.expires < clock_timestamp() - grace_millis * interval '1 millisecond'
      AND a.ends > clock_timestamp() + interval '5 seconds'
      AND (l.granted[1] > l.used[1] + l.returned[1] + l.reserved[1]
           OR l.granted[2] > l.used[2] + l.returned[2] + l.reserved[2]
           OR l.granted[3] > l.used[3] + l.returned[3] + l.reserved[3])
    ORDER BY l.expires
    LIMIT 100
    $$;

-- Closes such a lease. What was reserved, and what the log shows at the most after the last report, counts as used; the rest is given back.
CREATE FUNCTION close_lost(lost_lease bigint, grace_millis bigint, logged_use bigint[]) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_catalog, pg_temp
    AS $$
DECLARE
    acc account%ROWTYPE;
    own lease%ROWTYPE;
    back bigint;
BEGIN
    SELECT a.* INTO acc FROM account a WHERE a.id = (SELECT l.account FROM lease l WHERE l.id = lost_lease) FOR UPDATE;
    SELECT * INTO own FROM lease l WHERE l.id = lost_lease FOR UPDATE;
    IF acc.id IS NULL OR own.id IS NULL OR own.closed
            OR own.expires >= clock_timestamp() - grace_millis * interval '1 millisecond' THEN
        RETURN false;
    END IF;
    FOR i IN 1..3 LOOP
        back := greatest(own.granted[i] - own.used[i] - own.returned[i] - own.reserved[i] - greatest(logged_use[i], 0), 0);
        own.returned[i] := own.returned[i] + back;
        own.used[i] := own.granted[i] - own.returned[i];
        acc.taken[i] := acc.taken[i] - back;
    END LOOP;
    UPDATE lease l SET used = own.used, returned = own.returned, closed = true WHERE l.id = own.id;
    UPDATE account a SET taken = acc.taken WHERE a.id = acc.id;
    RETURN true;
END
$$;

-- How a tenant's accounts stand now.
CREATE FUNCTION standing(of_tenant text)
    RETURNS TABLE (allowance text, width text, holder text, ends_in_millis bigint,
                   used bigint[], leased bigint[], expired bigint[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ${schema}, pg_catalog, pg_temp
    AS $$
    SELECT a.allowance, a.width, a.holder,
           floor(extract(epoch FROM a.ends - clock_timestamp()) * 1000)::bigint,
           ARRAY[a.taken[1] - coalesce(sum(l.granted[1] - l.used[1] - l.returned[1]), 0),
                 a.taken[2] - coalesce(sum(l.granted[2] - l.used[2] - l.returned[2]), 0),
                 a.taken[3] - coalesce(sum(l.granted[3] - l.used[3] - l.returned[3]), 0)]::bigint[],
           ARRAY[coalesce(sum(l.granted[1] - l.used[1] - l.returned[1]) FILTER (WHERE l.expires > clock_timestamp()), 0),
                 coalesce(sum(l.granted[2] - l.used[2] - l.returned[2]) FILTER (WHERE l.expires > clock_timestamp()), 0),
                 coalesce(sum(l.granted[3] - l.used[3] - l.returned[3]) FILTER (WHERE l.expires > clock_timestamp()), 0)]::bigint[],
           ARRAY[coalesce(sum(l.granted[1] - l.used[1] - l.returned[1]) FILTER (WHERE l.expires <= clock_timestamp()), 0),
                 coalesce(sum(l.granted[2] - l.used[2] - l.returned[2]) FILTER (WHERE l.expires <= clock_timestamp()), 0),
                 coalesce(sum(l.granted[3] - l.used[3] - l.returned[3]) FILTER (WHERE l.expires <= clock_timestamp()), 0)]::bigint[]
    FROM account a LEFT JOIN lease l ON l.account = a.id
    WHERE a.tenant = of_tenant AND a.starts <= clock_timestamp() AND a.ends > clock_timestamp()
    GROUP BY a.id
    $$;

-- Forgets windows that are over.
CREATE FUNCTION sweep() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = ${schema}, pg_catalog, pg_temp
    AS $$
    WITH gone AS (DELETE FROM account WHERE ends < clock_timestamp() - interval '10 minutes' RETURNING 1)
    SELECT count(*) FROM gone
    $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ${schema} FROM PUBLIC;
GRANT USAGE ON SCHEMA ${schema} TO "${runtimeRole}";
GRANT EXECUTE ON FUNCTION exchange(text, bigint, jsonb), wanted(text), lost(text, bigint),
    close_lost(bigint, bigint, bigint[]), standing(text), sweep() TO "${runtimeRole}";
