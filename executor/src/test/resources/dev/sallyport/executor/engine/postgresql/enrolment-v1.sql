-- Sallyport enrolment, PostgreSQL 14 or newer, version 1. Idempotent: running it again repairs what was
-- changed by hand and keeps keys, logins and the ledger. Run by the class Enrolment, in one transaction.
--
-- What it makes: schema sallyport, owned by role sallyport, which cannot log in.
--   seal_key  the keys that prove a context: one shared with the executor, one that never leaves the database
--   login     the logins of executors, each bound to one tenant or, when tenant is null, to none
--   ledger    the calls that wrote, each once
--   enter     begins a call: checks the executor's proof, seals the context of this transaction
--   claim     what policies ask: a claim of the sealed context, or null
--   settle    notes the effect of a write just before its commit
--
-- HMAC-SHA256 (RFC 2104) is made from the built-in sha256, so that no extension is needed: a key is kept as
-- the two 64-byte blocks that HMAC derives from it (key xor ipad, key xor opad).

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

create table if not exists sallyport.seal_key (
    purpose text primary key check (purpose in ('executor', 'executor_before', 'database')),
    inner_block bytea not null check (octet_length(inner_block) = 64),
    outer_block bytea not null check (octet_length(outer_block) = 64),
    valid_until timestamptz not null default 'infinity'
);

create table if not exists sallyport.login (
    role name primary key,
    tenant text
);

create table if not exists sallyport.ledger (
    call_id uuid primary key,
    tenant text not null,
    subject text not null,
    entered_at timestamptz not null default transaction_timestamp(),
    settled_at timestamptz,
    rows_affected bigint
);
create index if not exists ledger_entered_at on sallyport.ledger using brin (entered_at);

-- A message is its fields, one a line: no field holds a control character, so no two lists of fields give one
-- message. Digests are compared after a further keyed hash, so that the time taken says nothing about the right
-- one. The functions below are on the way of every call, so each does its work in as few queries as it can.

-- True when the proof is the HMAC-SHA256 of the message under a valid key of the executor.
create or replace function sallyport.proved(message text, proof bytea) returns boolean
    language plpgsql stable parallel restricted
as $proved$
declare
    k record;
begin
    for k in
        select inner_block, outer_block from sallyport.seal_key
        where purpose in ('executor', 'executor_before') and valid_until > statement_timestamp()
    loop
        if sha256(k.outer_block || sha256(k.outer_block || sha256(k.inner_block || convert_to(message, 'UTF8'))))
            = sha256(k.outer_block || proof)
        then
            return true;
        end if;
    end loop;
    return false;
end
$proved$;

-- A claim of this transaction's context: 'tenant', 'subject' or 'call'. Null when there is no context, or when
-- it was forged, changed, or made for another backend or transaction. Policies call it once a query:
--     using (tenant_id = (select sallyport.claim('tenant')))
create or replace function sallyport.claim(name text) returns text
    language plpgsql stable strict security definer parallel restricted
    set search_path = pg_catalog, pg_temp
as $claim$
declare
    context constant text := current_setting('sallyport.context', true);
    k record;
begin
    if context is null or length(context) < 66 then
        return null;
    end if;
    select inner_block, outer_block into strict k from sallyport.seal_key where purpose = 'database';
    if sha256(k.outer_block || convert_to(encode(sha256(k.outer_block || sha256(k.inner_block || convert_to(
            concat_ws(E'\n', 'context', pg_backend_pid(), extract(epoch from transaction_timestamp()),
                substr(context, 65)), 'UTF8'))), 'hex'), 'UTF8'))
        is distinct from sha256(k.outer_block || convert_to(left(context, 64), 'UTF8'))
    then
        return null;
    end if;
    return split_part(substr(context, 65), E'\n', case name when 'tenant' then 1 when 'subject' then 2 when 'call' then 3 end);
end
$claim$;

-- Begins a call, as the first statement of its transaction. The executor proves with its key who the caller is,
-- for this backend and until the expiry. A write is entered in the ledger in the same transaction; when it was
-- entered before, the answer says so and no context is made, so that nothing can run.
create or replace function sallyport.enter(
    proof bytea, mode text, tenant text, subject text, call uuid, expires_ms bigint,
    statement_timeout_ms integer, lock_timeout_ms integer, idle_timeout_ms integer,
    out happened boolean, out happened_rows bigint,
    out role text, out row_security text, out attested_tenant text, out read_only boolean)
    language plpgsql volatile security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
as $enter$
#variable_conflict use_column
declare
    v_tenant constant text := tenant;
    v_subject constant text := subject;
    v_now_ms constant bigint := floor(extract(epoch from clock_timestamp()) * 1000);
    v_body constant text := concat_ws(E'\n', tenant, subject, call);
    v_login record;
begin
    if proof is null or mode is null or tenant is null or subject is null or call is null
        or expires_ms is null or mode not in ('read', 'write')
        or tenant !~ '^[a-z0-9_-]{1,63}$' or subject ~ '[[:cntrl:]]' or subject = ''
    then
        raise exception 'sallyport: malformed context' using errcode = 'SP001';
    end if;
    if not sallyport.proved(
        concat_ws(E'\n', 'enter', mode, v_tenant, v_subject, call, expires_ms, pg_backend_pid()), proof)
    then
        raise exception 'sallyport: the context is not proved' using errcode = 'SP002';
    end if;
    if expires_ms < v_now_ms or expires_ms > v_now_ms + 300000 then
        raise exception 'sallyport: the proof of the context has expired' using errcode = 'SP003';
    end if;
    if current_setting('sallyport.context', true) <> '' then
        raise exception 'sallyport: this transaction has a context already' using errcode = 'SP004';
    end if;

    select l.tenant, r.rolsuper or r.rolbypassrls as above_policies,
            k.inner_block, k.outer_block into v_login
    from sallyport.login l
        join pg_catalog.pg_roles r on r.rolname = l.role
        join sallyport.seal_key k on k.purpose = 'database'
    where l.role = session_user;
    if not found or v_login.tenant <> v_tenant then
        raise exception 'sallyport: this login is not enrolled for the tenant' using errcode = 'SP005';
    end if;
    if v_login.above_policies then
        raise exception 'sallyport: this login stands above row-level security' using errcode = 'SP006';
    end if;
    read_only := current_setting('transaction_read_only')::boolean;
    if read_only <> (mode = 'read') then
        raise exception 'sallyport: a % call in a transaction with read only %', mode, read_only
            using errcode = 'SP007';
    end if;

    perform set_config('statement_timeout', statement_timeout_ms::text, true),
        set_config('lock_timeout', lock_timeout_ms::text, true),
        set_config('idle_in_transaction_session_timeout', idle_timeout_ms::text, true),
        set_config('row_security', 'on', true),
        set_config('TimeZone', 'UTC', true);

    happened := false;
    if mode = 'write' then
        insert into sallyport.ledger (call_id, tenant, subject) values (call, v_tenant, v_subject)
        on conflict (call_id) do nothing;
        if not found then
            select true, l.rows_affected into happened, happened_rows
            from sallyport.ledger l
            where l.call_id = call and l.tenant = v_tenant;
            if not found then
                raise exception 'sallyport: the call id belongs to another tenant' using errcode = 'SP008';
            end if;
            return;
        end if;
    end if;

    -- the database's own proof: it holds in this backend and in this transaction, nowhere else
    perform set_config('sallyport.context',
        encode(sha256(v_login.outer_block || sha256(v_login.inner_block || convert_to(
            concat_ws(E'\n', 'context', pg_backend_pid(), extract(epoch from transaction_timestamp()), v_body),
            'UTF8'))), 'hex') || v_body,
        true);
    role := session_user;
    row_security := current_setting('row_security');
    attested_tenant := v_tenant;
end
$enter$;

-- Notes the effect of a write just before its commit. It fails when the transaction is not the one that the
-- call entered, so that a commit smuggled in between is noticed.
create or replace function sallyport.settle(proof bytea, call uuid, rows_affected bigint) returns void
    language plpgsql volatile security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
as $settle$
#variable_conflict use_column
declare
    v_rows constant bigint := rows_affected;
begin
    if proof is null or call is null or v_rows is null or not sallyport.proved(
        concat_ws(E'\n', 'settle', call, v_rows, pg_backend_pid()), proof)
    then
        raise exception 'sallyport: the settlement is not proved' using errcode = 'SP002';
    end if;
    update sallyport.ledger l set settled_at = clock_timestamp(), rows_affected = v_rows
    where l.call_id = call and l.settled_at is null and l.entered_at = transaction_timestamp();
    if not found then
        raise exception 'sallyport: the call is not under way in this transaction' using errcode = 'SP009';
    end if;
end
$settle$;

revoke all on all tables in schema sallyport from public;
revoke all on all functions in schema sallyport from public;
grant usage on schema sallyport to public;
grant execute on function sallyport.claim(text) to public;

insert into sallyport.enrolment (version) values (1) on conflict do nothing;

reset role;
