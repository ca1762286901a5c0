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
--
-- The context is a comment in front of the first character of a message:
--   /*sp2 <mac> <tenant> <subject, base64url> <call> <kind> <expiry, epoch seconds>*/
-- The mac is the HMAC-SHA256 (RFC 2104), in hexadecimal digits, of '<backend pid>:<client port>' and of what follows the
-- mac, under the login's key. current_query() gives the text of the protocol's message, which no SQL can change. The
-- client's port is null in a parallel worker, so that a worker proves nothing. Kinds: read, write and commit are for
-- claims; enter and settle each for the one function of that name.
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
        perform sallyport.proved('{read,write,commit}');
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
            ' sallyport.enter(bytea, text, text, text, uuid, bigint, integer, integer, integer) to %I', l.rolname);
    end loop;
end
$logins$;

insert into sallyport.enrolment (version) values (2) on conflict do nothing;

reset role;
