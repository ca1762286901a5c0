-- The service asks these tables which logs there are: a row of what no tenant is called would stop it for every tenant. Rows from before are not looked at.

ALTER TABLE head
    ADD CONSTRAINT head_tenant CHECK (tenant ~ '^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$') NOT VALID;
ALTER TABLE parked
    ADD CONSTRAINT parked_tenant CHECK (tenant ~ '^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$') NOT VALID;
