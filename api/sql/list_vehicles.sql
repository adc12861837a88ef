-- A page of the registry, by name.
-- $1 after this name, $2 part of the name or null, $3 fleet or null, $4 kind or null, $5 rows at most.
-- Columns: vehicle_id, name, kind, fleet, vin, attributes, created_at, retired_at.
SELECT vehicle_id, name, kind, fleet, vin, attributes, created_at, retired_at
  FROM vehicle
 WHERE name > $1
   AND ($2::text IS NULL OR strpos(lower(name), lower($2)) > 0)
   AND ($3::text IS NULL OR fleet = $3)
   AND ($4::text IS NULL OR kind = $4)
 ORDER BY name
 LIMIT $5
