-- The demonstration's database: one shop schema in which two tenants' rows lie side by side. Run once, by
-- the database's owner; the numbers are made from a fixed seed, so that every demonstration tells the same.
-- Keys and references begin with the tenant: a key that is taken, or refers to nothing, tells of no other tenant's rows.

create table customers (
    tenant_id text not null default (sallyport.claim('tenant')),
    id bigint not null,
    name text not null,
    email text not null,
    city text not null,
    since date not null,
    primary key (tenant_id, id)
);
create table orders (
    tenant_id text not null default (sallyport.claim('tenant')),
    id bigint not null,
    customer_id bigint not null,
    product text not null,
    amount numeric(10, 2) not null,
    status text not null,
    ordered_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, customer_id) references customers (tenant_id, id)
);
create table payments (
    tenant_id text not null default (sallyport.claim('tenant')),
    id bigint not null,
    order_id bigint not null,
    card_last4 text not null,
    amount numeric(10, 2) not null,
    paid_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, order_id) references orders (tenant_id, id)
);
create table employees (
    tenant_id text not null default (sallyport.claim('tenant')),
    id bigint not null,
    name text not null,
    role text not null,
    salary integer not null,
    primary key (tenant_id, id)
);

select setseed(0.42);

insert into customers
select case when n % 2 = 0 then 'globex' else 'acme' end,
    n,
    (array['Ana','Ben','Chloe','Dmitri','Elif','Farah','Goran','Hana','Ines','Jonas','Kofi','Lena'])[1 + (n * 7) % 12]
        || ' ' ||
    (array['Okafor','Lindqvist','Marchetti','Novak','Okada','Petrov','Quispe','Rossi','Silva','Tanaka','Ueda','Weber'])[1 + (n * 5 + n / 12) % 12],
    'customer' || n || '@' || case when n % 2 = 0 then 'globex' else 'acme' end || '.example',
    (array['Lagos','Lyon','Lima','Oslo','Osaka','Quito','Riga','Turin'])[1 + n % 8],
    date '2020-01-01' + (random() * 2000)::int
from generate_series(1, 4000) n;

insert into orders
select c.tenant_id, n, c.id,
    (array['anvil','rocket skates','bird seed','magnet','spring','tunnel paint'])[1 + n % 6],
    (5 + random() * 495)::numeric(10, 2),
    (array['open','shipped','delivered','returned'])[1 + n % 4],
    timestamptz '2026-01-01' + random() * interval '320 days'
from generate_series(1, 8000) n
join customers c on c.id = 1 + (n * 13) % 4000;

insert into payments
select o.tenant_id, o.id, o.id, lpad((random() * 9999)::int::text, 4, '0'), o.amount,
    o.ordered_at + random() * interval '3 days'
from orders o;

insert into employees
select case when n % 2 = 0 then 'globex' else 'acme' end,
    n,
    (array['Mara','Noor','Otto','Pia','Ravi','Sofia','Tomas','Uma'])[1 + n % 8] || ' ' ||
    (array['Adeyemi','Bianchi','Castro','Dubois','Eriksen','Fischer'])[1 + n % 6],
    (array['engineer','accountant','driver','manager'])[1 + n % 4],
    40000 + (random() * 90000)::int
from generate_series(1, 200) n;

create index on orders (tenant_id, customer_id);
create index on payments (tenant_id, order_id);
analyze;
