-- Sallyport enrolment, PostgreSQL 14 or newer, version 2. Idempotent: running it again repairs what was changed by
-- hand and keeps keys, logins and the ledger; a database of version 1 is upgraded. Run by the class Enrolment, in one transaction.
--
-- What it makes: schema sallyport, owned by role sallyport, which cannot log in.
--   login     the logins of executors: the key that each shares with its executor, and the tenant that each is bound to;
--             null where tenants share a login
--   ledger    the calls that wrote, each once
--   open      what the database attests about a connection; executor and database tell each other their versions
--   claim     what policies ask: a claim of the context that stands in the statement's own text, or null
--   enter     enters a write in the ledger, or fails when it is there
--   settle    notes the effect of a write just before its commit
--   effect    tells what a transaction changed, for rehearsals; the functions around it are its parts
--
-- The context is a comment in front of the first character of a message:
--   /*sp2 <mac> <tenant> <subject, base64url> <call> <kind> <expiry, epoch seconds>*/
-- The mac is the HMAC-SHA256 (RFC 2104), in hexadecimal digits, of '<backend pid>:<client port>' and of what follows the
-- mac, under the login's key. current_query() gives the text of the protocol's message, which no SQL can change. The
-- client's port is null in a parallel worker, so that a worker proves nothing. Kinds: read, write and commit are for
-- claims; enter and settle each for the one function of that name; effect for that function and the claims that it needs.
--
-- HMAC-SHA256 is made from the built-in sha256, so that no extension is needed: a key is kept as the two 64-byte
-- blocks that HMAC derives from it (key xor ipad, key xor opad).

do $roles$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'sallyport') then
        create role sallyport nologin nosuperuser nobypassrls noinherit nocreatedb nocreaterole;
    end if;
    if exists (
        select from pg_catalog.pg_roles
        where rolname = 'sallyport' and (rolcanlogin or rolsuper or rolbypassrls)
    ) then
        raise exception 'role sallyport must be nologin, nosuperuser and nobypassrls'
            using errcode = 'SP010';
    end if;
    if not pg_catalog.pg_has_role('sallyport', 'usage') then
        execute pg_catalog.format('grant sallyport to %I', current_user);
    end if;
end
$roles$;

create schema if not exists sallyport authorization sallyport;
alter schema sallyport owner to sallyport;

set local role sallyport;
set local search_path = pg_catalog, pg_temp;

create table if not exists sallyport.enrolment (
    version integer primary key,
    enrolled_at timestamptz not null default transaction_timestamp()
);

do $newer$
begin
    if exists (select from sallyport.enrolment where version > 2) then
        raise exception 'the database has a newer enrolment than version 2' using errcode = 'SP010';
    end if;
end
$newer$;

create table if not exists sallyport.login (
    role name primary key,
    tenant text
);
alter table sallyport.login
    add column if not exists inner_block bytea check (octet_length(inner_block) = 64),
    add column if not exists outer_block bytea check (octet_length(outer_block) = 64),
    add column if not exists inner_block_before bytea check (octet_length(inner_block_before) = 64),
    add column if not exists outer_block_before bytea check (octet_length(outer_block_before) = 64),
    add column if not exists before_until timestamptz;

create table if not exists sallyport.ledger (
    call_id uuid primary key,
    tenant text not null,
    subject text not null,
    entered_at timestamptz not null default transaction_timestamp(),
    settled_at timestamptz,
    rows_affected bigint
);
-- A write pays for every index of the ledger, and only forget() looks for times.
drop index if exists sallyport.ledger_entered_at;

-- Version 1 had one executor's key for all logins, and a key of the database's own.
do $upgrade$
begin
    if to_regclass('sallyport.seal_key') is not null then
        update sallyport.login l set inner_block = k.inner_block, outer_block = k.outer_block
        from sallyport.seal_key k
        where k.purpose = 'executor' and l.inner_block is null;
        update sallyport.login l set inner_block_before = k.inner_block, outer_block_before = k.outer_block,
            before_until = k.valid_until
        from sallyport.seal_key k
        where k.purpose = 'executor_before' and l.inner_block_before is null;
        drop table sallyport.seal_key;
        drop function if exists sallyport.proved(text, bytea);
        drop function if exists sallyport.settle(bytea, uuid, bigint);
    end if;
end
$upgrade$;

-- The context of the message that runs, from the mac on, when it is proved for one of the kinds. Null when there is none:
-- without a prefix, in autovacuum, and at an implicit commit. A wrong proof is an error, never no context: it must not
-- look like an empty table. Proofs are compared by their hashes, so that the time taken says nothing about the
-- right one.
create or replace function sallyport.proved(kinds text[]) returns text
    language plpgsql stable strict parallel restricted
as $proved$
declare
    head constant text := split_part(left(current_query(), 2000), '*/', 1);
    k record;
    lasts double precision;
begin
    if starts_with(head, '/*sp2 ') is not true then
        return null;
    end if;
    select l.inner_block, l.outer_block, l.inner_block_before, l.outer_block_before, l.before_until, l.tenant into k
    from sallyport.login l where l.role = session_user;
    if (sha256(convert_to(substr(head, 7, 64), 'UTF8')) = sha256(convert_to(encode(sha256(k.outer_block || sha256(
            k.inner_block || convert_to(pg_backend_pid() || ':' || inet_client_port() || substr(head, 71), 'UTF8'))), 'hex'), 'UTF8'))
        or (k.before_until > statement_timestamp()
            and sha256(convert_to(substr(head, 7, 64), 'UTF8')) = sha256(convert_to(encode(sha256(k.outer_block_before || sha256(
                k.inner_block_before || convert_to(pg_backend_pid() || ':' || inet_client_port() || substr(head, 71), 'UTF8'))),
                'hex'), 'UTF8')))
        ) is not true
    then
        raise exception 'sallyport: the context is not proved' using errcode = 'SP002';
    end if;
    lasts := split_part(head, ' ', 7)::float8 - date_part('epoch', statement_timestamp());
    if lasts not between 0 and 120 then
        raise exception 'sallyport: the proof of the context has expired, or is made too far ahead'
            using errcode = 'SP003';
    end if;
    if k.tenant <> split_part(head, ' ', 3) then
        raise exception 'sallyport: this login is not enrolled for the tenant' using errcode = 'SP005';
    end if;
    if split_part(head, ' ', 6) <> all (kinds)
        or (split_part(head, ' ', 6) = 'read') <> (current_setting('transaction_read_only') = 'on')
    then
        raise exception 'sallyport: the context is for something else' using errcode = 'SP007';
    end if;
    return substr(head, 7);
end
$proved$;

create or replace function sallyport.subject_of(context text) returns text
    language sql immutable strict parallel safe
return convert_from(decode(
    translate(split_part(context, ' ', 3), '-_', '+/') || repeat('=', -length(split_part(context, ' ', 3)) & 3), 'base64'),
    'UTF8');

-- A claim of the context: 'tenant', 'subject', 'call' or 'kind'. Policies call it once a query:
--     using (tenant_id = (select sallyport.claim('tenant')))
-- It is on the way of every call, so the usual case is one test: the login's own key and tenant, a read that may only
-- read or a write, a proof that lasts. Everything else is left to proved(), which knows the rest and says what is wrong.
create or replace function sallyport.claim(name text) returns text
    language plpgsql stable strict security definer parallel restricted
    set search_path = pg_catalog, pg_temp
as $claim$
declare
    head constant text := split_part(left(current_query(), 2000), '*/', 1);
    k record;
begin
    if starts_with(head, '/*sp2 ') is not true then
        return null;
    end if;
    select l.inner_block, l.outer_block, l.tenant into k from sallyport.login l where l.role = session_user;
    -- what stands in the head is looked at only where it is proved
    if (case
            when sha256(convert_to(substr(head, 7, 64), 'UTF8')) = sha256(convert_to(encode(sha256(k.outer_block || sha256(
                k.inner_block || convert_to(pg_backend_pid() || ':' || inet_client_port() || substr(head, 71), 'UTF8'))), 'hex'), 'UTF8'))
            then split_part(head, ' ', 3) = k.tenant
                and split_part(head, ' ', 6) = case current_setting('transaction_read_only') when 'on' then 'read' else 'write' end
                and split_part(head, ' ', 7)::float8 - date_part('epoch', statement_timestamp()) between 0 and 120
        end) is not true
    then
        perform sallyport.proved('{read,write,commit,effect}');
    end if;
    if name = 'tenant' then
        return split_part(head, ' ', 3);
    end if;
    return case name
        when 'subject' then sallyport.subject_of(substr(head, 7))
        when 'call' then split_part(head, ' ', 5)
        when 'kind' then split_part(head, ' ', 6)
    end;
end
$claim$;

-- What the database attests about this connection, once, before calls use it.
create or replace function sallyport.open(
    executor_version integer,
    out role text, out tenant text, out row_security text, out pid integer, out client_port integer, out clock_ms bigint)
    language plpgsql stable security definer parallel restricted
    set search_path = pg_catalog, pg_temp
as $open$
#variable_conflict use_column
declare
    v_login record;
begin
    if executor_version <> 2 then
        raise exception 'sallyport: the executor works with enrolment version %, the database has version 2', executor_version
            using errcode = 'SP014';
    end if;
    select l.tenant, r.rolsuper or r.rolbypassrls as above_policies into v_login
    from sallyport.login l join pg_catalog.pg_roles r on r.rolname = l.role
    where l.role = session_user;
    if not found then
        raise exception 'sallyport: this login is not enrolled' using errcode = 'SP005';
    end if;
    if v_login.above_policies then
        raise exception 'sallyport: this login stands above row-level security' using errcode = 'SP006';
    end if;
    role := session_user;
    tenant := v_login.tenant;
    row_security := current_setting('row_security');
    pid := pg_backend_pid();
    client_port := inet_client_port();
    clock_ms := floor(extract(epoch from clock_timestamp()) * 1000);
end
$open$;

-- Enters a write in the ledger, in the transaction of the write. When it was entered before it fails, so that nothing
-- that was sent with it runs; the error's detail is what the ledger has: the rows affected, or 'unsettled'.
create or replace function sallyport.enter() returns void
    language plpgsql volatile security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
as $enter$
declare
    context constant text := sallyport.proved('{enter}');
    v_call constant uuid := split_part(context, ' ', 4)::uuid;
    entry record;
begin
    if context is null then
        raise exception 'sallyport: the context is not proved' using errcode = 'SP002';
    end if;
    insert into sallyport.ledger (call_id, tenant, subject)
    values (v_call, split_part(context, ' ', 2), sallyport.subject_of(context))
    on conflict (call_id) do nothing;
    if found then
        return;
    end if;
    select * into entry from sallyport.ledger l where l.call_id = v_call;
    if entry.tenant is distinct from split_part(context, ' ', 2) then
        raise exception 'sallyport: the call id belongs to another tenant' using errcode = 'SP008';
    end if;
    raise exception 'sallyport: the ledger has the call'
        using errcode = 'SP011', detail = coalesce(entry.rows_affected::text, 'unsettled');
end
$enter$;

-- Notes the effect of a write just before its commit. It fails when the transaction is not the one that the
-- call entered, so that a commit smuggled in between is noticed.
-- The entry is found by its key through ON CONFLICT, whose plan does not depend on how large the ledger was when the
-- connection planned it.
create or replace function sallyport.settle(rows_affected bigint) returns void
    language plpgsql volatile strict security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
as $settle$
#variable_conflict use_column
declare
    context constant text := sallyport.proved('{settle}');
    v_rows constant bigint := rows_affected;
    v_subject text;
begin
    if context is null then
        raise exception 'sallyport: the context is not proved' using errcode = 'SP002';
    end if;
    insert into sallyport.ledger as l (call_id, tenant, subject, settled_at, rows_affected)
    values (split_part(context, ' ', 4)::uuid, split_part(context, ' ', 2), '', clock_timestamp(), v_rows)
    on conflict (call_id) do update set settled_at = excluded.settled_at, rows_affected = excluded.rows_affected
        where l.settled_at is null and l.entered_at = transaction_timestamp()
    returning l.subject into v_subject;
    -- only an entry that enter() made has a subject
    if v_subject <> '' is not true then
        raise exception 'sallyport: the call is not under way in this transaction' using errcode = 'SP009';
    end if;
    if current_setting('synchronous_commit') not in ('on', 'remote_apply') then
        -- the statement, or an ALTER ROLE of the login, may have made the commit less durable
        set local synchronous_commit = on;
    end if;
end
$settle$;

-- Rehearsals: what a transaction changed, for the executor alone. Its messages carry a proof of kind effect, which no
-- caller's statement has. Nothing is kept for it anywhere: the server's own counters tell how many rows of which table
-- the transaction inserted, updated and deleted, whoever did it; the rows are read as the login, under its policies, by
-- the transaction that left its number on them. A cursor that was opened before the statement sees them as they were.

-- What this transaction and what this session did before and has not reported yet.
create or replace function sallyport.changes(
    out relation oid, out inserted bigint, out updated bigint, out deleted bigint) returns setof record
    language plpgsql volatile security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
as $changes$
begin
    if sallyport.proved('{effect}') is null then
        raise exception 'sallyport: the context is not proved' using errcode = 'SP002';
    end if;
    return query
    select n.oid, n.i, n.u, n.d
    from (
        select c.oid, pg_stat_get_xact_tuples_inserted(c.oid) as i, pg_stat_get_xact_tuples_updated(c.oid) as u,
            pg_stat_get_xact_tuples_deleted(c.oid) as d
        from pg_catalog.pg_class c
        where c.relkind in ('r', 'm') and c.relnamespace <> 'sallyport'::regnamespace
    ) n
    where n.i + n.u + n.d > 0;
end
$changes$;

-- The same as an object of arrays by table, for what follows.
create or replace function sallyport.start() returns jsonb
    language sql volatile parallel unsafe
    set search_path = pg_catalog, pg_temp
as $start$
    select coalesce(jsonb_object_agg(c.relation::text, jsonb_build_array(c.inserted, c.updated, c.deleted)), '{}')
    from sallyport.changes() c
$start$;

-- The same without what was there at the start.
create or replace function sallyport.changes_since(
    start jsonb, out relation oid, out inserted bigint, out updated bigint, out deleted bigint) returns setof record
    language sql volatile parallel unsafe
    set search_path = pg_catalog, pg_temp
as $since$
    select c.relation, c.inserted - coalesce((start -> c.relation::text ->> 0)::bigint, 0),
        c.updated - coalesce((start -> c.relation::text ->> 1)::bigint, 0),
        c.deleted - coalesce((start -> c.relation::text ->> 2)::bigint, 0)
    from sallyport.changes() c
    where jsonb_build_array(c.inserted, c.updated, c.deleted) is distinct from start -> c.relation::text
$since$;

-- The number of this transaction, as rows carry it, and of a savepoint that is open. Those of savepoints that were
-- released nobody tells: what was changed behind them is counted, and not found.
create or replace function sallyport.own_transactions() returns xid[]
    language plpgsql volatile security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
as $own$
begin
    if sallyport.proved('{effect}') is null then
        raise exception 'sallyport: the context is not proved' using errcode = 'SP002';
    end if;
    return coalesce((
        select array_agg(l.transactionid)
        from pg_lock_status() l
        where l.locktype = 'transactionid' and l.pid = pg_backend_pid() and l.mode = 'ExclusiveLock' and l.granted
    ), '{}');
end
$own$;

-- Why what was done cannot be taken back, or be told by rows; empty where it can.
create or replace function sallyport.hindrances(start jsonb) returns setof text
    language plpgsql volatile security definer parallel unsafe
    -- the statement may have changed how backslashes are read
    set search_path = pg_catalog, pg_temp set standard_conforming_strings = on
as $hindrances$
begin
    if sallyport.proved('{effect}') is null then
        raise exception 'sallyport: the context is not proved' using errcode = 'SP002';
    end if;
    if current_setting('track_counts') <> 'on' then
        return next 'no_counts';
    end if;
    if exists (
        select from sallyport.changes_since(start) s join pg_catalog.pg_class c on c.oid = s.relation
        where c.relnamespace = 'pg_catalog'::regnamespace
    ) then
        return next 'definitions';
    end if;
    -- a sequence's value is drawn, or set, under this lock
    if exists (
        select from pg_lock_status() l join pg_catalog.pg_class c on c.oid = l.relation
        where l.locktype = 'relation' and l.pid = pg_backend_pid() and c.relkind = 'S' and l.mode <> 'AccessShareLock'
    ) then
        return next 'sequence';
    end if;
    if exists (
        select from pg_lock_status() l join pg_catalog.pg_class c on c.oid = l.relation
        where l.locktype = 'relation' and l.pid = pg_backend_pid() and c.relkind = 'f' and l.mode <> 'AccessShareLock'
    ) then
        return next 'foreign_table';
    end if;
    if exists (
        select from sallyport.changes_since(start) s
        join pg_catalog.pg_trigger t on t.tgrelid = s.relation and not t.tgisinternal and t.tgenabled <> 'D'
        join pg_catalog.pg_proc p on p.oid = t.tgfoid
        where p.prosrc ~* '\mnotify\M|\mpg_notify\M|triggered_change_notification|\mdblink'
    ) then
        return next 'notification';
    end if;
end
$hindrances$;

-- A query for the rows of a table as the login may see them: the key, the row and its JSON. Without a primary key that
-- may be seen the row is the key. Null where no column may be seen.
create or replace function sallyport.rows_query(relation oid) returns text
    language plpgsql stable strict parallel restricted
    set search_path = pg_catalog, pg_temp
as $query$
declare
    v_columns constant text := (
        select string_agg('t.' || quote_ident(a.attname), ', ' order by a.attnum)
        from pg_catalog.pg_attribute a
        where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
            and has_column_privilege(relation, a.attnum, 'select'));
    v_key constant text := (
        select string_agg('t.' || quote_ident(a.attname), ', ' order by k.place)
        from pg_catalog.pg_index i
        cross join lateral unnest(i.indkey) with ordinality as k (attnum, place)
        join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
        where i.indrelid = relation and i.indisprimary
        having bool_and(has_column_privilege(relation, a.attnum, 'select')));
begin
    if v_columns is null then
        return null;
    end if;
    return format('select (row(%s)::text collate "C") as k, row(%s)::text as r,'
            ' (select row_to_json(j)::text from (select %s) j) as j, t.tableoid || '' '' || t.ctid as place'
            ' from %s %s t',
        coalesce(v_key, v_columns), v_columns, v_columns,
        case (select c.relkind from pg_catalog.pg_class c where c.oid = relation) when 'p' then '' else 'only' end,
        relation::regclass);
end
$query$;

-- The rows of a table that the transactions made and that are there now.
create or replace function sallyport.rows_now(
    relation oid, own xid[], out k text, out r text, out j text) returns setof record
    language plpgsql volatile strict parallel unsafe
    set search_path = pg_catalog, pg_temp
    set "DateStyle" = 'ISO, YMD' set "IntervalStyle" = 'postgres' set "TimeZone" = 'UTC'
    set extra_float_digits = 1 set bytea_output = 'hex' set lc_monetary = 'C'
as $now$
begin
    return query execute 'select q.k, q.r, q.j from (' || sallyport.rows_query(relation)
        || ' where t.xmin = any ($1)) q' using own;
end
$now$;

-- The places of rows that the transactions hold and did not change, as checks of foreign keys do.
create or replace function sallyport.rows_held(relation oid, own xid[]) returns text[]
    language plpgsql volatile strict parallel unsafe
    set search_path = pg_catalog, pg_temp
as $held$
declare
    v_held text[];
begin
    execute 'select array_agg(q.place) from (' || sallyport.rows_query(relation)
        || ' where t.xmax = any ($1) limit 10001) q' into v_held using own;
    return coalesce(v_held, '{}');
end
$held$;

-- What the transaction changed, table after table and row after row in the order of their keys, as one cursor tells it:
-- its first row, of phase 0, is fetched before the statement, and the rest after it. What a query of a STABLE function
-- sees is what the cursor saw when it was opened; what a VOLATILE one sees is what is there now.
--   begun
--   cannot  <reason>
--   table   <name> <inserted> <updated> <deleted> <whether rows may be seen>
--   row     <name> <hash before> <hash after> <JSON before> <JSON after>   JSON of the first rows only
--   ended
create or replace function sallyport.effect(
    phase integer, start jsonb, rows_shown integer,
    out what text, out name text, out a text, out b text, out c text, out d text) returns setof record
    language plpgsql stable parallel restricted
    set search_path = pg_catalog, pg_temp
    set "DateStyle" = 'ISO, YMD' set "IntervalStyle" = 'postgres' set "TimeZone" = 'UTC'
    set extra_float_digits = 1 set bytea_output = 'hex' set lc_monetary = 'C'
as $effect$
declare
    t record;
    v_own xid[];
    v_held text[];
    v_rows text;
begin
    if phase = 0 then
        what := 'begun';
        return next;
        return;
    end if;
    what := 'cannot';
    for name in select * from sallyport.hindrances(start) loop
        return next;
    end loop;
    if found then
        what := 'ended';
        name := null;
        return next;
        return;
    end if;
    v_own := sallyport.own_transactions();
    for t in
        select s.root, s.root::regclass::text as name, sum(s.inserted) as inserted, sum(s.updated) as updated,
            sum(s.deleted) as deleted, sallyport.rows_query(s.root) as rows
        from (
            select coalesce(pg_partition_root(x.relation::regclass)::oid, x.relation) as root, x.inserted, x.updated, x.deleted
            from sallyport.changes_since(start) x
        ) s
        group by s.root
        order by s.root::regclass::text collate "C"
    loop
        what := 'table';
        name := t.name;
        a := t.inserted;
        b := t.updated;
        c := t.deleted;
        d := t.rows is not null;
        return next;
        continue when t.rows is null;
        v_held := sallyport.rows_held(t.root, v_own);
        v_rows := t.rows || ' where t.xmax = any ($1)'
            || case when v_held = '{}' then '' else ' and t.tableoid || '' '' || t.ctid <> all ($2)' end;
        return query execute
            'select ''row'', $3, encode(sha256(convert_to(m.was, ''UTF8'')), ''hex''),'
            '    encode(sha256(convert_to(m.is, ''UTF8'')), ''hex''),'
            '    case when m.place <= $4 and length(m.json_was) <= 50000 then m.json_was end,'
            '    case when m.place <= $4 and length(m.json_is) <= 50000 then m.json_is end'
            ' from ('
            '    select o.r as was, n.r as is, o.j as json_was, n.j as json_is,'
            '        row_number() over (order by coalesce(o.k, n.k) collate "C", o.i, n.i) as place'
            '    from (select q.*, row_number() over (partition by q.k) as i from (' || v_rows || ') q) o'
            '    full join (select q.*, row_number() over (partition by q.k) as i'
            '        from sallyport.rows_now($5, $1) q) n on n.k = o.k and n.i = o.i'
            ' ) m order by m.place'
            using v_own, v_held, t.name, rows_shown, t.root;
    end loop;
    what := 'ended';
    name := null;
    a := null;
    b := null;
    c := null;
    d := null;
    return next;
end
$effect$;

-- Masks: columns that a login sees through views only, made by the command that reads the registry's tags. What is noted here
-- is what stands; whether it still holds is asked whenever an executor connects.
create table if not exists sallyport.mask_view (
    role name not null,
    place text not null,
    view_schema name not null,
    view_name name not null,
    definition text not null,
    undo text[] not null,
    primary key (role, place)
);
create table if not exists sallyport.mask (
    role name not null,
    place text not null,
    column_name name not null,
    rule text not null,
    primary key (role, place, column_name)
);
-- The key of hashes, as the two blocks of HMAC: with it a small domain could be tried. No login reads it.
create table if not exists sallyport.mask_key (
    one boolean primary key default true check (one),
    inner_block bytea not null check (octet_length(inner_block) = 64),
    outer_block bytea not null check (octet_length(outer_block) = 64)
);

-- The columns that share a unique, exclusion, foreign-key or check constraint with a column, by which a writer could
-- learn its value. New rows leave a masked column null, which tells nothing, but for the last column's cases.
create or replace function sallyport.sharing(
    relation oid, attribute smallint, out number smallint, out kind "char", out for_insert boolean) returns setof record
    language sql stable strict parallel restricted
    set search_path = pg_catalog, pg_temp
as $sharing$
    with involved as (
        select k.contype as kind, k.conkey as columns, k.oid, 'pg_catalog.pg_constraint'::regclass as class,
            k.conrelid as owner, false as blurred
        from pg_catalog.pg_constraint k
        where k.conrelid = relation and k.contype in ('c', 'u', 'p', 'x', 'f')
        union all
        select 'r', k.confkey, k.oid, 'pg_catalog.pg_constraint'::regclass, k.confrelid, false
        from pg_catalog.pg_constraint k
        where k.confrelid = relation and k.contype = 'f'
        union all
        select 'i', i.indkey::smallint[], i.indexrelid, 'pg_catalog.pg_class'::regclass, i.indrelid,
            i.indexprs is not null or coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false)
        from pg_catalog.pg_index i
        where i.indrelid = relation and (i.indisunique or i.indisexclusion)
    ), member as (
        select v.kind, v.oid, v.blurred, c.number
        from involved v
        cross join lateral (
            select unnest(v.columns) as number
            union
            select d.refobjsubid::smallint from pg_catalog.pg_depend d
            where d.classid = v.class and d.objid = v.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
                and d.refobjid = v.owner and d.refobjsubid > 0
        ) c
        where c.number > 0
    )
    select o.number, o.kind, bool_or(o.blurred) or exists (
        select from pg_catalog.pg_attribute a
        where a.attrelid = relation and a.attnum = attribute
            and (a.atthasdef or a.attidentity <> '' or a.attgenerated <> ''))
    from member m join member o on o.oid = m.oid and o.kind = m.kind
    where m.number = attribute
    group by o.number, o.kind
$sharing$;

-- A view as it is written, in the same words whoever asks.
create or replace function sallyport.definition(view oid) returns text
    language sql stable strict parallel restricted
    set search_path = pg_catalog, pg_temp
as $definition$
    select encode(sha256(convert_to(pg_get_viewdef(view), 'UTF8')), 'hex')
$definition$;

-- What is wrong with the masks of a login; empty where they all hold. The masks are arrays of schema, table, column and
-- rule; where none are given those that are noted.
create or replace function sallyport.unmasked_of(login name, masks jsonb) returns setof text
    language plpgsql stable parallel restricted
    set search_path = pg_catalog, pg_temp
as $unmasked_of$
declare
    m record;
    v record;
    v_relation oid;
    v_number smallint;
    v_view oid;
    v_tree oid[];
    v_name text;
begin
    if exists (select from pg_catalog.pg_roles where rolname = login and (rolsuper or rolbypassrls)) then
        return next 'role ' || login || ': it stands above privileges';
        return;
    end if;
    if exists (select from pg_catalog.pg_roles where rolname <> login and pg_has_role(login, oid, 'MEMBER')) then
        return next 'role ' || login || ': it is a member of another role, whose privileges it could take';
        return;
    end if;
    for m in
        select x ->> 0 as s, x ->> 1 as t, x ->> 2 as c, x ->> 3 as rule from jsonb_array_elements(masks) x
        union all
        select n.nspname, c.relname, k.column_name, k.rule
        from sallyport.mask k
        join pg_catalog.pg_namespace n on starts_with(k.place, quote_ident(n.nspname) || '.')
        join pg_catalog.pg_class c on c.relnamespace = n.oid and format('%I.%I', n.nspname, c.relname) = k.place
        where masks is null and k.role = login
        order by 1, 2, 3
    loop
        v_name := m.s || '.' || m.t || '.' || m.c || ': ';
        select c.oid, a.attnum into v_relation, v_number
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where n.nspname = m.s and c.relname = m.t and a.attname = m.c and c.relkind in ('r', 'p');
        if not found then
            return next v_name || 'there is no such column of a table';
            continue;
        end if;
        select w.view_schema, w.view_name, w.definition into v
        from sallyport.mask_view w
        join sallyport.mask k on k.role = w.role and k.place = w.place
        where w.role = login and w.place = format('%I.%I', m.s, m.t) and k.column_name = m.c and k.rule = m.rule;
        if not found then
            return next v_name || 'it is not masked like this';
            continue;
        end if;
        -- not to_regclass, which sees only what its caller may use
        v_view := (
            select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = v.view_schema and c.relname = v.view_name);
        if not exists (
            select from pg_catalog.pg_class c join pg_catalog.pg_roles r on r.oid = c.relowner
            where c.oid = v_view and c.relkind = 'v' and r.rolname = 'sallyport_masks'
                and not r.rolcanlogin and not r.rolsuper and not r.rolbypassrls
                and c.reloptions = '{security_barrier=true}' and sallyport.definition(c.oid) = v.definition
        ) then
            return next v_name || 'its view is not as it was made';
        end if;
        if exists (
            select from pg_catalog.pg_attribute a
            where a.attrelid = v_relation and a.attnum = v_number and a.atthasmissing
        ) then
            return next v_name || 'pg_attribute shows the value that rows had when it was added; vacuum full puts that right';
        end if;
        -- parents, partitions and other children hold the same rows
        v_tree := array(
            with recursive up(oid) as (
                select v_relation
                union
                select i.inhparent from up join pg_catalog.pg_inherits i on i.inhrelid = up.oid
            ), tree(oid) as (
                select oid from up
                union
                select i.inhrelid from tree join pg_catalog.pg_inherits i on i.inhparent = tree.oid
            )
            select oid from tree);
        for v in
            select a.attrelid::regclass as place, a.attname
            from pg_catalog.pg_attribute a
            where a.attrelid = any (v_tree) and a.attnum > 0 and not a.attisdropped
                and (a.attname = m.c or a.attrelid = v_relation and a.attgenerated <> '' and exists (
                    select from pg_catalog.pg_depend d
                    left join pg_catalog.pg_attrdef f on d.classid = 'pg_catalog.pg_attrdef'::regclass and f.oid = d.objid
                    where d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = v_relation
                        and d.refobjsubid = v_number
                        and (f.adrelid = a.attrelid and f.adnum = a.attnum
                            or d.classid = 'pg_catalog.pg_class'::regclass and d.objid = a.attrelid
                                and d.objsubid = a.attnum)))
                and has_column_privilege(login, a.attrelid, a.attnum, 'SELECT, INSERT, UPDATE, REFERENCES')
        loop
            return next v_name || 'the login has rights on ' || v.place || '.' || v.attname;
        end loop;
        for v in
            select a.attname, s.kind, s.for_insert
            from sallyport.sharing(v_relation, v_number) s
            join pg_catalog.pg_attribute a on a.attrelid = v_relation and a.attnum = s.number
        loop
            if v.kind in ('f', 'r') then
                return next v_name || 'a foreign key has it, which tells its values';
            elsif has_column_privilege(login, v_relation, v.attname, 'UPDATE')
                or v.for_insert and has_column_privilege(login, v_relation, v.attname, 'INSERT')
                or exists (
                    select from pg_catalog.pg_attribute a
                    where a.attrelid = v_view and a.attname = v.attname
                        and (has_column_privilege(login, v_view, a.attnum, 'UPDATE')
                            or v.for_insert and has_column_privilege(login, v_view, a.attnum, 'INSERT')))
            then
                return next v_name || 'who writes ' || v.attname || ' learns it by a constraint of both';
            end if;
        end loop;
        for v in
            with recursive reader(oid) as (
                select r.ev_class from pg_catalog.pg_depend d join pg_catalog.pg_rewrite r on r.oid = d.objid
                where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
                    and d.refobjid = any (v_tree) and r.ev_class <> d.refobjid
                union
                select r.ev_class
                from reader e
                join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = e.oid
                    and d.classid = 'pg_catalog.pg_rewrite'::regclass
                join pg_catalog.pg_rewrite r on r.oid = d.objid
                where r.ev_class <> e.oid
            )
            select c.oid::regclass as place
            from reader e join pg_catalog.pg_class c on c.oid = e.oid
            where c.oid <> v_view and c.relkind in ('v', 'm')
                and (c.relkind = 'm' or not coalesce(c.reloptions && '{security_invoker=true,security_invoker=on}', false))
                and has_schema_privilege(login, c.relnamespace, 'USAGE')
                and (has_table_privilege(login, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
                    or has_any_column_privilege(login, c.oid, 'SELECT, INSERT, UPDATE'))
        loop
            return next v_name || 'the login reads it through ' || v.place;
        end loop;
    end loop;
end
$unmasked_of$;

-- The same for the login that asks. An executor does, of every connection to a database with tags.
create or replace function sallyport.unmasked(masks jsonb) returns setof text
    language sql stable strict security definer parallel restricted
    set search_path = pg_catalog, pg_temp
as $unmasked$
    select sallyport.unmasked_of(session_user, masks)
$unmasked$;

-- What executors of version 1 call: they are told why it does not work.
create or replace function sallyport.enter(
    proof bytea, mode text, tenant text, subject text, call uuid, expires_ms bigint,
    statement_timeout_ms integer, lock_timeout_ms integer, idle_timeout_ms integer,
    out happened boolean, out happened_rows bigint,
    out role text, out row_security text, out attested_tenant text, out read_only boolean)
    language plpgsql volatile security invoker parallel unsafe
    set search_path = pg_catalog, pg_temp
as $before$
begin
    raise exception 'sallyport: the executor works with enrolment version 1, the database has version 2'
        using errcode = 'SP014';
end
$before$;

revoke all on all tables in schema sallyport from public;
revoke all on all functions in schema sallyport from public;
grant usage on schema sallyport to public;
grant execute on function sallyport.claim(text) to public;

do $logins$
declare
    l record;
begin
    for l in select r.rolname from sallyport.login join pg_catalog.pg_roles r on r.rolname = role loop
        execute format('revoke all on schema sallyport from %I', l.rolname);
        execute format('revoke all on all tables in schema sallyport from %I', l.rolname);
        execute format('revoke all on all functions in schema sallyport from %I', l.rolname);
        execute format('grant execute on function sallyport.open(integer), sallyport.enter(), sallyport.settle(bigint),'
            ' sallyport.effect(integer, jsonb, integer), sallyport.start(), sallyport.changes(), sallyport.changes_since(jsonb),'
            ' sallyport.own_transactions(), sallyport.hindrances(jsonb), sallyport.rows_query(oid), sallyport.rows_now(oid, xid[]),'
            ' sallyport.rows_held(oid, xid[]), sallyport.unmasked(jsonb),'
            ' sallyport.enter(bytea, text, text, text, uuid, bigint, integer, integer, integer) to %I', l.rolname);
    end loop;
end
$logins$;

insert into sallyport.enrolment (version) values (2) on conflict do nothing;

reset role;
