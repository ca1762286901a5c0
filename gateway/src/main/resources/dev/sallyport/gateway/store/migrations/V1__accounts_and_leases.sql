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

CREATE TABLE lease (
    account bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    -- one run of a gateway: its name and a number of its own
    gateway text NOT NULL,
    -- totals, which only grow
    granted bigint[] NOT NULL DEFAULT '{0,0,0}',
    used bigint[] NOT NULL DEFAULT '{0,0,0}',
    returned bigint[] NOT NULL DEFAULT '{0,0,0}',
    expires timestamptz NOT NULL,
    PRIMARY KEY (account, gateway)
);
CREATE INDEX lease_gateway ON lease (gateway);

-- The window that the moment is in, by the calendar in UTC.
CREATE FUNCTION window_start(width text, moment timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT date_trunc(width, moment AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' $$;

CREATE FUNCTION window_end(width text, starts timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT ((starts AT TIME ZONE 'UTC') + ('1 ' || width)::interval) AT TIME ZONE 'UTC' $$;

-- Takes a gateway's reports in and grants what it can. Each ask is an object: t tenant, a allowance, w width, h holder,
-- s the window of the totals in milliseconds or null, u used, r returned, n need, f ahead, m most.
CREATE FUNCTION exchange(run text, lease_millis bigint, asks jsonb)
    RETURNS TABLE (place bigint, starts_millis bigint, ends_in_millis bigint,
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
    current boolean;
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
        SELECT * INTO STRICT own FROM lease l WHERE l.account = acc.id AND l.gateway = run;
        SELECT ARRAY[coalesce(sum(l.granted[1] - l.used[1] - l.returned[1]), 0),
                     coalesce(sum(l.granted[2] - l.used[2] - l.returned[2]), 0),
                     coalesce(sum(l.granted[3] - l.used[3] - l.returned[3]), 0)]::bigint[]
            INTO others
            FROM lease l WHERE l.account = acc.id AND l.gateway <> run AND l.expires > moment;
        -- reports of another window than the present one come too late to matter
        current := (ask ->> 's')::bigint = (extract(epoch FROM began) * 1000)::bigint;
        short := false;
        remaining := '{0,0,0}';
        FOR i IN 1..3 LOOP
            IF current THEN
                -- never more than was granted, whatever is reported
                own.used[i] := least(greatest(own.used[i], (ask -> 'u' ->> (i - 1))::bigint), own.granted[i] - own.returned[i]);
                more := least(greatest(own.returned[i], (ask -> 'r' ->> (i - 1))::bigint), own.granted[i] - own.used[i]);
                acc.taken[i] := acc.taken[i] - (more - own.returned[i]);
                own.returned[i] := more;
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
        UPDATE lease l SET granted = own.granted, used = own.used, returned = own.returned,
                expires = moment + lease_millis * interval '1 millisecond'
            WHERE l.account = acc.id AND l.gateway = run;
        starts_millis := (extract(epoch FROM began) * 1000)::bigint;
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
GRANT EXECUTE ON FUNCTION exchange(text, bigint, jsonb), wanted(text), standing(text), sweep() TO "${runtimeRole}";
