-- Where the entries are that make up an approval. What is shown and decided by is the entries; nothing here is evidence.

CREATE TABLE desk.approval (
    tenant    text COLLATE "C"   NOT NULL,
    approval  uuid               NOT NULL,
    seq       bigint             NOT NULL,
    step      text COLLATE "C"   NOT NULL,
    time      timestamptz        NOT NULL,
    expires   timestamptz,
    requester text COLLATE "C",
    approvers text[] COLLATE "C" NOT NULL
);
COMMENT ON TABLE desk.approval IS 'The steps of approvals, taken from the entries when they come; nothing here is evidence';

CREATE INDEX approval_by_id ON desk.approval (tenant, approval, seq);
CREATE INDEX approval_by_time ON desk.approval (tenant, time DESC, seq DESC) WHERE step = 'requested';
CREATE INDEX approval_by_expiry ON desk.approval (tenant, expires) WHERE step = 'requested';

GRANT SELECT, INSERT ON desk.approval TO "${runtimeRole}";
