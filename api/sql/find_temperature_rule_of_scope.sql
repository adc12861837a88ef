-- The temperature rule that is there already for the same vehicles, under another name.
-- $1 name, $2 bigint vehicle or null, $3 kind, $4 fleet.
-- Columns: name.
SELECT name
  FROM temperature_rule
 WHERE name <> $1
   AND coalesce(vehicle_id, 0) = coalesce($2::bigint, 0)
   AND coalesce(kind, '') = coalesce($3::text, '')
   AND coalesce(fleet, '') = coalesce($4::text, '')
