-- Registers vehicles on first sight. In one order, so that two servers that see the same ones do not block each other.
-- $1 name text[], $2 created_at timestamptz.
-- Columns: vehicle_id bigint, name text; only of those that are new.
INSERT INTO vehicle (name, created_at)
SELECT n.name, $2::timestamptz FROM unnest($1::text[]) AS n (name) ORDER BY n.name
ON CONFLICT (name) DO NOTHING
RETURNING vehicle_id, name
