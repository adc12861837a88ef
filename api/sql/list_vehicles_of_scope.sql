-- Vehicles that a rule is for: of a kind, of a fleet, of both.
-- $1 kind, $2 fleet; null: any. $3 bigint rows at most.
-- Columns: vehicle_id.
SELECT vehicle_id
  FROM vehicle
 WHERE ($1::text IS NULL OR kind = $1::text)
   AND ($2::text IS NULL OR fleet = $2::text)
 ORDER BY vehicle_id
 LIMIT $3::bigint
