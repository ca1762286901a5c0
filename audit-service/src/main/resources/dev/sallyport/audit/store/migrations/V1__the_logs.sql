-- Everything here only ever grows: the runtime role may insert and select, and has no other right.

CREATE TABLE entry (
    tenant       text COLLATE "C" NOT NULL,
    seq          bigint           NOT NULL CHECK (seq >= 0),
    event_id     uuid             NOT NULL,
    leaf_hash    bytea            NOT NULL CHECK (octet_length(leaf_hash) = 32),
    bytes        bytea            NOT NULL CHECK (octet_length(bytes) BETWEEN 1 AND 65535),
    topic        text             NOT NULL,
    partition    integer          NOT NULL,
    record       bigint           NOT NULL,
    sequenced_at timestamptz      NOT NULL,
    PRIMARY KEY (tenant, seq),
    UNIQUE (tenant, event_id)
);
COMMENT ON TABLE entry IS 'The logs: the exact bytes of every event, and the hash that they had when they came';

CREATE TABLE tile (
    tenant text COLLATE "C" NOT NULL,
    level  smallint         NOT NULL CHECK (level BETWEEN 0 AND 63),
    idx    bigint           NOT NULL CHECK (idx >= 0),
    hashes bytea            NOT NULL CHECK (octet_length(hashes) = 8192),
    root   bytea            NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (tenant, level, idx)
);
COMMENT ON TABLE tile IS 'Full tiles of C2SP tlog-tiles; partial ones follow from entries and from the roots of full ones';

CREATE TABLE head (
    tenant        text COLLATE "C" NOT NULL,
    size          bigint           NOT NULL,
    previous      bigint           NOT NULL CHECK (previous >= 0 AND previous < size),
    root          bytea            NOT NULL CHECK (octet_length(root) = 32),
    integrated_at timestamptz      NOT NULL,
    PRIMARY KEY (tenant, size),
    UNIQUE (tenant, previous)
);
COMMENT ON TABLE head IS 'The sizes through which each log went; no size is followed twice, which fences a second writer';

CREATE TABLE checkpoint (
    tenant       text COLLATE "C" NOT NULL,
    size         bigint           NOT NULL CHECK (size > 0),
    root         bytea            NOT NULL CHECK (octet_length(root) = 32),
    note         text             NOT NULL,
    published_at timestamptz      NOT NULL,
    PRIMARY KEY (tenant, size)
);
COMMENT ON TABLE checkpoint IS 'Every checkpoint that was ever signed';

CREATE TABLE consumed (
    topic       text COLLATE "C" NOT NULL,
    partition   integer          NOT NULL,
    from_record bigint           NOT NULL,
    next_record bigint           NOT NULL CHECK (next_record > from_record),
    consumed_at timestamptz      NOT NULL,
    PRIMARY KEY (topic, partition, from_record)
);
COMMENT ON TABLE consumed IS 'The stretches of the Kafka topics that are in the logs; no stretch begins twice at the same record';

CREATE TABLE rejected (
    topic       text COLLATE "C" NOT NULL,
    partition   integer          NOT NULL,
    record      bigint           NOT NULL,
    code        text             NOT NULL,
    reason      text             NOT NULL,
    rejected_at timestamptz      NOT NULL,
    PRIMARY KEY (topic, partition, record)
);
COMMENT ON TABLE rejected IS 'Records that are no entry of the log of the tenant that they name, and why';

CREATE TABLE search (
    tenant          text COLLATE "C" NOT NULL,
    seq             bigint           NOT NULL,
    event_id        uuid             NOT NULL,
    time            timestamptz      NOT NULL,
    kind            text COLLATE "C" NOT NULL,
    call_id         uuid,
    principal       text COLLATE "C",
    client          text COLLATE "C",
    tool            text COLLATE "C",
    database        text COLLATE "C",
    statement_class text COLLATE "C",
    outcome         text COLLATE "C",
    code            text COLLATE "C",
    rows            bigint,
    tables          text[]           NOT NULL,
    fingerprint     text,
    detail          text,
    words           tsvector         NOT NULL,
    PRIMARY KEY (tenant, seq)
);
COMMENT ON TABLE search IS 'What can be searched for, taken from the entries when they come; nothing here is evidence';

CREATE INDEX search_by_time ON search (tenant, time DESC, seq DESC);
CREATE INDEX search_by_call ON search (tenant, call_id) WHERE call_id IS NOT NULL;
CREATE INDEX search_by_principal ON search (tenant, principal, time DESC, seq DESC);
CREATE INDEX search_by_words ON search USING gin (words);

GRANT USAGE ON SCHEMA audit TO "${runtimeRole}";
GRANT SELECT, INSERT ON entry, tile, head, checkpoint, consumed, rejected, search TO "${runtimeRole}";
