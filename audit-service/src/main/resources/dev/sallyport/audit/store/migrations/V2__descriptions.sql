-- Entries keep their place and bytes. What they are found by is stored once for all entries that have it in common.

ALTER TABLE search RENAME TO search_v1;

CREATE TABLE description (
    id              uuid             PRIMARY KEY,
    tenant          text COLLATE "C" NOT NULL,
    kind            text COLLATE "C" NOT NULL,
    principal       text COLLATE "C",
    client          text COLLATE "C",
    tool            text COLLATE "C",
    database        text COLLATE "C",
    statement_class text COLLATE "C",
    outcome         text COLLATE "C",
    code            text COLLATE "C",
    tables          text[]           NOT NULL,
    fingerprint     text,
    detail          text,
    words           tsvector         NOT NULL
);
COMMENT ON TABLE description IS 'What entries are found by: one row for all entries of a tenant that have it in common; nothing here is evidence';

CREATE TABLE search (
    time        timestamptz      NOT NULL,
    seq         bigint           NOT NULL,
    rows        bigint,
    event_id    uuid             NOT NULL,
    call_id     uuid,
    description uuid             NOT NULL,
    tenant      text COLLATE "C" NOT NULL
);
COMMENT ON TABLE search IS 'When entries happened and which description they have, taken from them when they come; nothing here is evidence';

INSERT INTO description (id, tenant, kind, principal, client, tool, database, statement_class, outcome, code, tables, fingerprint, detail, words)
SELECT DISTINCT ON (id) id, tenant, kind, principal, client, tool, database, statement_class, outcome, code, tables, fingerprint, detail, words
FROM (SELECT CAST(md5(CAST(row(tenant, kind, principal, client, tool, database, statement_class, outcome, code, tables, fingerprint, detail, words) AS text)) AS uuid) AS id, *
      FROM search_v1) AS described;

INSERT INTO search (time, seq, rows, event_id, call_id, description, tenant)
SELECT time, seq, rows, event_id, call_id,
       CAST(md5(CAST(row(tenant, kind, principal, client, tool, database, statement_class, outcome, code, tables, fingerprint, detail, words) AS text)) AS uuid),
       tenant
FROM search_v1 ORDER BY tenant, seq;

DROP TABLE search_v1;

CREATE INDEX search_by_time ON search (tenant, time DESC, seq DESC);
CREATE INDEX search_by_description ON search (description, time DESC, seq DESC);
CREATE INDEX search_by_call ON search (tenant, call_id) WHERE call_id IS NOT NULL;
CREATE INDEX description_by_principal ON description (tenant, principal);
CREATE INDEX description_by_words ON description USING gin (words);

-- long events are mostly sealed fields, which do not compress
ALTER TABLE entry ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- no query is planned by these, and ANALYZE would read them
ALTER TABLE entry ALTER COLUMN bytes SET STATISTICS 0, ALTER COLUMN leaf_hash SET STATISTICS 0;
ALTER TABLE tile ALTER COLUMN hashes SET STATISTICS 0, ALTER COLUMN root SET STATISTICS 0;

GRANT SELECT, INSERT ON description, search TO "${runtimeRole}";
