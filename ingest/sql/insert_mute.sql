-- A mute of a vehicle (null: of all) and a kind (0: all).
-- $1 text vehicle, $2 integer kind, $3 timestamptz until, $4 timestamptz now, $5 text by, $6 text note.
-- Columns: 1 mute_id; no row when there is no such vehicle.
INSERT INTO alert_mute (vehicle_id, kind, until_at, created_at, created_by, note)
SELECT coalesce(v.vehicle_id, 0), $2::integer, $3::timestamptz, $4::timestamptz, $5::text, $6::text
  FROM (SELECT) AS one
  LEFT JOIN vehicle AS v ON v.name = $1::text
 WHERE $1::text IS NULL OR v.vehicle_id IS NOT NULL
RETURNING mute_id
