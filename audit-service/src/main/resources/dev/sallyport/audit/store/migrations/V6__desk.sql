-- What people search stands apart from what is proved: the schema audit holds the logs, desk holds what can be made anew from them.

CREATE SCHEMA desk;
ALTER TABLE search SET SCHEMA desk;
ALTER TABLE description SET SCHEMA desk;

GRANT USAGE ON SCHEMA desk TO "${runtimeRole}";
