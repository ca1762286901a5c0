-- A head is sealed with a key that this database does not hold: a log that somebody else made grow is not signed.

ALTER TABLE head ADD COLUMN seal bytea;
-- only rows from before this migration lack a seal, and no further ones can be inserted
ALTER TABLE head ADD CONSTRAINT head_sealed CHECK (seal IS NOT NULL AND octet_length(seal) = 16) NOT VALID;
