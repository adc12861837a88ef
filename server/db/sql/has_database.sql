-- What the embedded cluster has to have.
-- $1 name of the system user text.
-- Columns: has_database boolean, has_role boolean.
SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'crumbtrail'),
       EXISTS (SELECT FROM pg_roles WHERE rolname = $1::text)
