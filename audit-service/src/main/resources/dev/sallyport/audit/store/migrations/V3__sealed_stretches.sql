-- A stretch is sealed with a key that this database does not hold: what anybody else inserts counts for nothing, and stands in nobody's way.

ALTER TABLE consumed
    ADD COLUMN generation integer NOT NULL DEFAULT 0,
    ADD COLUMN topic_id   uuid,
    ADD COLUMN fence      bytea   NOT NULL DEFAULT '',
    ADD COLUMN seal       bytea;
ALTER TABLE consumed
    ALTER COLUMN generation DROP DEFAULT,
    ALTER COLUMN fence DROP DEFAULT,
    DROP CONSTRAINT consumed_pkey,
    ADD PRIMARY KEY (topic, partition, generation, from_record, fence),
    -- only rows from before this migration lack a seal, and no further ones can be inserted
    ADD CONSTRAINT consumed_sealed CHECK (seal IS NOT NULL AND topic_id IS NOT NULL AND octet_length(fence) = 16) NOT VALID;
COMMENT ON TABLE consumed IS 'The stretches of the Kafka topics that are in the logs; a topic that was cut back or made anew begins another generation';

ALTER TABLE rejected ADD COLUMN generation integer NOT NULL DEFAULT 0;
ALTER TABLE rejected
    ALTER COLUMN generation DROP DEFAULT,
    DROP CONSTRAINT rejected_pkey,
    ADD PRIMARY KEY (topic, partition, generation, record);

CREATE TABLE parked (
    place       bigint           GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    event_id    uuid             NOT NULL,
    bytes       bytea            NOT NULL CHECK (octet_length(bytes) BETWEEN 1 AND 65535),
    topic       text             NOT NULL,
    partition   integer          NOT NULL,
    generation  integer          NOT NULL,
    record      bigint           NOT NULL,
    code        text,
    happened_at timestamptz      NOT NULL,
    seal        bytea            NOT NULL,
    parked_at   timestamptz      NOT NULL
);
COMMENT ON TABLE parked IS 'Events that were consumed while their log could not be written; they are entries when it can be';
CREATE INDEX parked_by_tenant ON parked (tenant, place);

GRANT SELECT, INSERT ON parked TO "${runtimeRole}";
